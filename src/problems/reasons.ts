/**
 * Parts of a problem's sentence that are sentences themselves: why, where, and what to do. A detail that is one of these
 * codes is said in the reader's language; programs see the code. `{name}` is filled from the details beside it.
 */

export interface Reason {
  readonly en: string;
  readonly es: string;
}

function reason(en: string, es: string): Reason {
  return { en, es };
}

export const REASONS = {
  // Who and what
  'the.portmapper': reason('The portmapper', 'el portmapper'),
  'the.portmapper-or-peers': reason(
    'None of the portmappers and nodes to join by',
    'ninguno de los portmappers y nodos de entrada',
  ),
  'the.node': reason('The node', 'el nodo'),
  'the.service': reason('The {service} service', 'el servicio {service}'),
  'the.owner': reason('The owner of the key', 'el dueño de la clave'),
  'the.ring': reason('The ring', 'el anillo'),
  'the.body': reason('The body', 'el cuerpo'),
  'the.message': reason('The message', 'el mensaje'),
  'the.request': reason('The request', 'la petición'),
  'the.bundle': reason('The bundle of records', 'el lote de registros'),
  'the.upload': reason('the upload', 'la subida'),
  'the.rows': reason('the rows of the upload', 'las filas de la subida'),
  'the.line': reason('A line of the answer', 'una línea de la respuesta'),
  'the.entries': reason('All of what stands there', 'todo lo que hay allí'),
  'the.file': reason('the file', 'el archivo'),
  'the.receiver': reason('the receiver', 'el receptor'),
  // Where
  'in.shared-folder': reason('the shared folder', 'la carpeta compartida'),
  'in.disk': reason('this disk', 'este disco'),
  'in.portmapper': reason('the portmapper', 'el portmapper'),
  'in.any-node': reason('any active node', 'ningún nodo activo'),
  // What to do
  'hint.portmapper': reason(
    'Start it with `anillo up`, name another with --portmapper, or go through a node with --node.',
    'Inícielo con `anillo up`, nombre otro con --portmapper o pase por un nodo con --node.',
  ),
  'hint.node': reason(
    'Is it running? `anillo nodes` shows who is there.',
    '¿Está en marcha? `anillo nodes` muestra quién está.',
  ),
  'hint.first-contact': reason(
    'A node joins its network through one of them at its first start: start it, or check the address.',
    'Un nodo entra en su red por uno de ellos la primera vez: inícielo o revise la dirección.',
  ),
  'hint.node-stops': reason('This node stops.', 'Este nodo se detiene.'),
  'hint.service': reason(
    'Start the {service} service of this node.',
    'Inicie el servicio {service} de este nodo.',
  ),
  // What a later version brings
  'feature.broker': reason('A message broker (--broker)', 'Un bróker de mensajes (--broker)'),
  'feature.messaging': reason('The messaging service', 'El servicio de mensajería'),
  'feature.keep': reason('Keeping a file', 'Conservar un archivo'),
  'feature.copies': reason('Keeping several copies of a file', 'Guardar varias copias de un archivo'),
  'feature.tasks': reason('Queued work', 'El trabajo en cola'),
  'feature.events': reason('The stream of events', 'El flujo de eventos'),
  'feature.authority': reason("The network's authority", 'La autoridad de la red'),
  // Why a name is none
  'name.unicode': reason('it is not valid Unicode', 'no es Unicode válido'),
  'name.empty': reason('it is empty', 'está vacío'),
  'name.absolute': reason('it is absolute', 'es absoluto'),
  'name.long': reason('it is longer than 4096 bytes', 'pasa de 4096 bytes'),
  'name.control': reason('it holds a control character', 'contiene un carácter de control'),
  'name.empty-component': reason('it holds an empty component', 'tiene un componente vacío'),
  'name.escapes': reason('it would leave the shared folder', 'saldría de la carpeta compartida'),
  'name.hidden': reason('hidden names are not shared', 'los nombres ocultos no se comparten'),
  'name.component-long': reason('a component is longer than 255 bytes', 'un componente pasa de 255 bytes'),
  'name.file-system-long': reason(
    'it is too long for the file system of the shared folder',
    'es demasiado largo para el sistema de archivos de la carpeta compartida',
  ),
  'name.ignored': reason(
    'the folder passes over names like this',
    'la carpeta pasa por alto los nombres así',
  ),
  'name.folder-there': reason('a folder of this name is there already', 'ya hay una carpeta con este nombre'),
  'name.symlink-there': reason(
    'a symlink of this name is there already',
    'ya hay un enlace simbólico con este nombre',
  ),
  'name.special-there': reason(
    'a special file of this name is there already',
    'ya hay un archivo especial con este nombre',
  ),
  'name.not-a-folder': reason(
    '{folder} is there already and is not a folder',
    '{folder} ya existe y no es una carpeta',
  ),
  'name.twice': reason('it is there twice', 'aparece dos veces'),
  'name.same-hash': reason(
    'in a large folder it cannot be told from another name (their hashes are one); rename it',
    'en una carpeta grande no se distingue de otro nombre (tienen el mismo hash); cámbielo',
  ),
  // What does not fit in a configuration
  'config.unknown': reason('{setting} is not a setting', '{setting} no es un ajuste'),
  'config.integer': reason(
    '{setting} must be a whole number from {min} to {max}',
    '{setting} tiene que ser un número entero de {min} a {max}',
  ),
  'config.switch': reason('{setting} must be true or false', '{setting} tiene que ser true o false'),
  'config.one-of': reason(
    '{setting} must be one of {allowed}',
    '{setting} tiene que ser uno de estos: {allowed}',
  ),
  'config.like': reason(
    '{setting} must look like {example}',
    '{setting} tiene que ser de la forma {example}',
  ),
  'config.text': reason(
    '{setting} must be text of {min} to {max} characters',
    '{setting} tiene que ser un texto de {min} a {max} caracteres',
  ),
  'config.list': reason(
    '{setting} must be a list of {min} to {max} entries',
    '{setting} tiene que ser una lista de {min} a {max} entradas',
  ),
  'config.mapping': reason(
    '{setting} must give values to names, at most {max} of them',
    '{setting} tiene que dar valores a nombres, {max} como mucho',
  ),
  'config.yaml': reason('this is not YAML: {message}', 'esto no es YAML ({code})'),
  'config.twice': reason('a name stands here twice', 'aquí se repite un nombre'),
  'config.no-mapping': reason('the file does not give values to names', 'el archivo no da valores a nombres'),
  'config.unreadable': reason('the file cannot be read', 'el archivo no se puede leer'),
  'config.large': reason('the file is larger than 1 MiB', 'el archivo pasa de 1 MiB'),
  'config.no-share': reason(
    'share is missing: say which folder to share, with --share DIR',
    'falta share: diga qué carpeta compartir, con --share DIR',
  ),
  'config.data-inside': reason(
    'data may not lie inside the shared folder: {data}',
    'data no puede estar dentro de la carpeta compartida: {data}',
  ),
  'config.two-dht': reason(
    'dht names a DHT service elsewhere, but services has this process run its own: choose one',
    'dht nombra un servicio DHT de otro proceso, pero services pide uno propio: elija uno',
  ),
  'config.port-forbidden': reason(
    'port {port} may not be opened by this user; take one above 1023',
    'este usuario no puede abrir el puerto {port}; tome uno por encima de 1023',
  ),
  'config.host': reason(
    'host {host} is not an address of this machine',
    'host {host} no es una dirección de esta máquina',
  ),
  'why.empty-file': reason(
    'it is empty; remove it and start again',
    'está vacío; bórrelo y empiece de nuevo',
  ),
  // What the system refused (errno(3))
  ENOENT: reason('it is not there; check the spelling', 'no existe; revise cómo está escrito'),
  EACCES: reason(
    'you have no permission; change its permissions, or choose another place',
    'usted no tiene permiso; cambie los permisos o elija otro lugar',
  ),
  EPERM: reason(
    'the system does not permit it; choose another place',
    'el sistema no lo permite; elija otro lugar',
  ),
  EISDIR: reason('it is a folder; name a file', 'es una carpeta; nombre un archivo'),
  ENOTDIR: reason(
    'a part of the path is not a folder; check the path',
    'una parte de la ruta no es una carpeta; revise la ruta',
  ),
  EEXIST: reason(
    'something of this name is there already; choose another name',
    'ya hay algo con este nombre; elija otro',
  ),
  ENOSPC: reason('the disk is full; make room', 'el disco está lleno; haga sitio'),
  EDQUOT: reason('your quota of the disk is used up; make room', 'su cuota de disco se agotó; haga sitio'),
  EROFS: reason('the disk is read-only; choose another place', 'el disco es de solo lectura; elija otro'),
  ENAMETOOLONG: reason(
    'the name is too long for this disk; choose a shorter one',
    'el nombre es demasiado largo para este disco; elija uno más corto',
  ),
  EMFILE: reason(
    'too many files are open; raise the limit (ulimit -n)',
    'hay demasiados archivos abiertos; suba el límite (ulimit -n)',
  ),
  ELOOP: reason('its symlinks lead in a circle', 'sus enlaces simbólicos van en círculo'),
  EXDEV: reason(
    'it is on another disk than the folder .anillo; put it on the same',
    'está en otro disco que la carpeta .anillo; póngalo en el mismo',
  ),
  EIO: reason('the disk fails; check it', 'el disco falla; revíselo'),
  EBUSY: reason('another program holds it; end that program', 'otro programa lo ocupa; termínelo'),
} as const satisfies Record<string, Reason>;

export type ReasonCode = keyof typeof REASONS;

export function isReasonCode(text: string): text is ReasonCode {
  return Object.hasOwn(REASONS, text);
}

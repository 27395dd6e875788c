/**
 * Every failure that leaves the process has a row here: its stable code, its HTTP status (RFC 9457), its exit code
 * and what is said to a person, in English and Spanish. `{name}` is filled from the problem's details.
 * `docs/problems.md` lists the same rows; a test compares both ways.
 */

export interface ProblemRow {
  readonly status: number;
  /** 1 failed, 2 wrong usage, 3 not found, 4 nothing reachable, 5 refused, 6 content failed verification. */
  readonly exitCode: 1 | 2 | 3 | 4 | 5 | 6;
  readonly en: string;
  readonly es: string;
}

function row(status: number, exitCode: ProblemRow['exitCode'], en: string, es: string): ProblemRow {
  return { status, exitCode, en, es };
}

export const PROBLEMS = {
  // Usage and configuration
  usage: row(400, 2, '{reason}', '{reason}'),
  bad_request: row(400, 2, 'The request is not valid: {reason}', 'La petición no es válida: {reason}'),
  bad_configuration: row(
    400,
    2,
    'The configuration is not valid; nothing was started.\n{complaints}',
    'La configuración no es válida; no se inició nada.\n{complaints}',
  ),
  not_built: row(
    501,
    2,
    '{feature} is not available in this version.',
    '{feature} no está disponible en esta versión.',
  ),
  not_loopback: row(
    403,
    5,
    'Refused to listen on {host}: without an authority a network stays on this machine. Use 127.0.0.1, or say --insecure if anybody may come in.',
    'No se escucha en {host}: sin autoridad la red no sale de esta máquina. Use 127.0.0.1, o diga --insecure si cualquiera puede entrar.',
  ),
  port_taken: row(
    409,
    1,
    'Port {port} on {host} is taken{who}. Stop that program or choose another port.',
    'El puerto {port} de {host} está ocupado{who}. Detenga ese programa o elija otro puerto.',
  ),
  data_in_use: row(
    409,
    1,
    'The {service} service already runs over {dataDir}{who}. Stop it first, or give another --data.',
    'El servicio {service} ya usa {dataDir}{who}. Deténgalo antes, o dé otro --data.',
  ),
  newer_data: row(
    409,
    1,
    '{file} was written by a newer version of Anillo (schema {found}, this one knows {known}). Use that version.',
    '{file} es de una versión más nueva de Anillo (esquema {found}, esta conoce {known}). Use esa versión.',
  ),
  // Reaching others
  unreachable: row(
    503,
    4,
    '{what} cannot be reached at {address}. {hint}',
    'No se alcanza {what} en {address}. {hint}',
  ),
  not_anillo: row(
    502,
    4,
    'What answers at {address} does not speak as Anillo does ({answer}). Check the address, and the version there.',
    'Lo que responde en {address} no habla como Anillo ({answer}). Revise la dirección y la versión de allí.',
  ),
  node_away: row(
    503,
    4,
    'Node {node} is away and cannot take anything now. Try again when it is back.',
    'El nodo {node} está ausente y no puede recibir nada ahora. Inténtelo cuando vuelva.',
  ),
  no_nodes: row(
    503,
    4,
    'No node of the network is active. Start one with `anillo node --share DIR --portmapper URL`; `anillo doctor` looks closer.',
    'Ningún nodo de la red está activo. Inicie uno con `anillo node --share DIR --portmapper URL`; `anillo doctor` mira más de cerca.',
  ),
  deadline: row(
    504,
    4,
    '{what} did not answer within {timeoutMs} ms. It may be busy: try again, or look closer with `anillo doctor`.',
    'No respondió {what} en {timeoutMs} ms. Quizá está ocupado: inténtelo de nuevo o mire con `anillo doctor`.',
  ),
  not_ready: row(
    503,
    4,
    'This node is not on the ring yet. Try again in a moment.',
    'Este nodo aún no está en el anillo. Inténtelo en un momento.',
  ),
  busy: row(
    503,
    4,
    'The node is busy; try again in {seconds} s.',
    'El nodo está ocupado; inténtelo en {seconds} s.',
  ),
  other_network: row(
    403,
    5,
    '{address} belongs to another network ({theirs}, ours is {ours}). Check the address, or use the --data of that network.',
    '{address} es de otra red ({theirs}; la nuestra es {ours}). Revise la dirección o use el --data de esa red.',
  ),
  other_version: row(
    403,
    5,
    '{address} speaks protocol {theirs}; this node speaks {ours}. Bring both to the same major version.',
    '{address} habla el protocolo {theirs}; este nodo, el {ours}. Póngalos en la misma versión mayor.',
  ),
  wrong_node: row(
    503,
    4,
    'At {address} answers {theirs}, not {expected}. It may have restarted or moved; try again.',
    'En {address} responde {theirs}, no {expected}. Quizá se reinició o se mudó; inténtelo de nuevo.',
  ),
  superseded: row(
    409,
    1,
    'Another process runs with the key of this node {node}; this one stops. Never start a copy of a data directory.',
    'Otro proceso usa la clave de este nodo {node}; este se detiene. No inicie nunca una copia de un directorio de datos.',
  ),
  unauthenticated: row(
    401,
    5,
    'The token of the data directory is missing or wrong. Use the same --data as the DHT service.',
    'Falta el testigo del directorio de datos o no es el suyo. Use el mismo --data que el servicio DHT.',
  ),
  forbidden: row(403, 5, '{reason}', '{reason}'),
  other_host: row(
    421,
    5,
    'This service does not answer to the name {host}. Use its address, localhost, or the name that it was started with (--host, --advertise).',
    'Este servicio no responde al nombre {host}. Use su dirección, localhost o el nombre con que se inició (--host, --advertise).',
  ),
  not_registered: row(
    404,
    3,
    'Node {node} is not registered here, or was in an earlier life; it registers again.',
    'El nodo {node} no está registrado aquí, o lo estuvo en una vida anterior; se registra de nuevo.',
  ),
  replayed: row(
    409,
    5,
    'A report of node {node} with number {sequence} came again or late; it was not taken.',
    'Un informe del nodo {node} con número {sequence} llegó otra vez o tarde; no se aceptó.',
  ),
  registry_full: row(
    503,
    4,
    'This portmapper already knows {limit} nodes and takes no more.',
    'Este portmapper ya conoce {limit} nodos y no admite más.',
  ),
  clock_skew: row(
    400,
    5,
    'A record is {minutes} minutes in the future. Set the clocks of the machines.',
    'Un registro está {minutes} minutos en el futuro. Ponga en hora las máquinas.',
  ),
  invalid_record: row(400, 5, 'A record was refused: {reason}', 'Se rechazó un registro: {reason}'),
  too_large: row(
    413,
    5,
    '{what} is larger than the limit of {limit}.',
    'Supera el límite de {limit}: {what}.',
  ),
  // Names and files
  bad_name: row(
    400,
    2,
    '"{name}" is not a valid name: {reason}',
    '«{name}» no es un nombre válido: {reason}',
  ),
  bad_cid: row(
    400,
    2,
    '"{cid}" is not a CID that Anillo knows (CIDv1, sha2-256, raw or dag-pb).',
    '«{cid}» no es un CID que Anillo conozca (CIDv1, sha2-256, raw o dag-pb).',
  ),
  unknown_layout: row(
    422,
    1,
    '{cid} is not a file or folder laid out as Anillo lays them out (profile unixfs-v1-2025). Fetch it with an IPFS tool and put it here again.',
    '{cid} no es un archivo ni una carpeta con la disposición que usa Anillo (perfil unixfs-v1-2025). Descárguelo con una herramienta de IPFS y súbalo aquí de nuevo.',
  ),
  bad_range: row(
    416,
    2,
    'The range asked for lies outside the file.',
    'El rango pedido está fuera del archivo.',
  ),
  not_found: row(
    404,
    3,
    '{what} was not found. `anillo find`, `anillo ls` and `anillo trash` show what there is.',
    'No se encontró {what}. `anillo find`, `anillo ls` y `anillo trash` muestran lo que hay.',
  ),
  not_here: row(
    412,
    3,
    '{what} is not on this node, and only what is here was asked for. Ask without only-if-cached, or ask another node.',
    '{what} no está en este nodo, y solo se pidió lo que está aquí. Pídalo sin only-if-cached, o a otro nodo.',
  ),
  not_acceptable: row(
    406,
    2,
    '{what} is not what is here, or not a file. Ask for application/vnd.ipld.car or application/vnd.ipld.raw (?format=car, ?format=raw).',
    '{what} no es lo que hay aquí, o no es un archivo. Pida application/vnd.ipld.car o application/vnd.ipld.raw (?format=car, ?format=raw).',
  ),
  no_such_path: row(
    404,
    3,
    '"{path}" is not there on this machine. Check the spelling.',
    '«{path}» no existe en esta máquina. Revise cómo está escrito.',
  ),
  no_such_route: row(
    404,
    3,
    'There is no {route} here. GET /docs shows what there is.',
    'Aquí no hay {route}. GET /docs muestra lo que hay.',
  ),
  answer_incomplete: row(
    503,
    4,
    'The network did not answer in full for {what}, so what there is cannot be told. Try again in a moment.',
    'La red no respondió del todo por {what}, y no se puede saber lo que hay. Inténtelo en un momento.',
  ),
  unknown_node: row(
    400,
    3,
    'No node is called {node}. `anillo nodes` lists them.',
    'Ningún nodo se llama {node}. `anillo nodes` los muestra.',
  ),
  publisher_ambiguous: row(
    409,
    1,
    'Several nodes publish "{name}":\n{candidates}\nSay which with --node.',
    'Varios nodos publican «{name}»:\n{candidates}\nDiga cuál con --node.',
  ),
  bad_url: row(
    400,
    2,
    '{flag} wants an address such as http://127.0.0.1:8000, not "{text}".',
    '{flag} espera una dirección como http://127.0.0.1:8000, no «{text}».',
  ),
  not_a_file: row(
    400,
    2,
    '{path} is neither a file nor a folder.',
    '{path} no es un archivo ni una carpeta.',
  ),
  prefix_short: row(
    400,
    2,
    '"{prefix}" is too short for the beginning of a node id: give at least 6 digits.',
    '«{prefix}» es demasiado corto como comienzo de un id de nodo: dé al menos 6 dígitos.',
  ),
  prefix_not_unique: row(
    409,
    2,
    'Several nodes begin with {prefix}:\n{candidates}\nGive more digits.',
    'Varios nodos empiezan por {prefix}:\n{candidates}\nDé más dígitos.',
  ),
  network_in_use: row(
    409,
    1,
    'A network already runs over {dir}{who}. Stop it with Ctrl-C there, or give another --dir.',
    'Ya hay una red en marcha sobre {dir}{who}. Deténgala allí con Ctrl-C, o dé otro --dir.',
  ),
  not_one_ring: row(
    503,
    1,
    'The network did not come up in time; this part is missing: {missing}. `anillo doctor` looks closer.',
    'La red no arrancó a tiempo; falta esta parte: {missing}. `anillo doctor` mira más de cerca.',
  ),
  port_twice: row(
    400,
    2,
    'The ports do not work out: {port} would be used twice or is too high. Choose others with --port, --node-port, --grpc-port.',
    'Los puertos no cuadran: {port} se usaría dos veces o es demasiado alto. Elija otros con --port, --node-port, --grpc-port.',
  ),
  part_failed: row(
    500,
    1,
    '{part} ended and the network was stopped: {reason} Its log is {log}.',
    '{part} terminó y la red se detuvo: {reason} Su registro es {log}.',
  ),
  some_failed: row(
    500,
    1,
    '{failed} of {total} files were not stored; the others were.',
    '{failed} de {total} archivos no se guardaron; los demás sí.',
  ),
  file_access: row(400, 1, '{path} cannot be used: {reason}.', '{path} no se puede usar: {reason}.'),
  name_not_unique: row(
    409,
    3,
    'Several files end in "{name}":\n{candidates}\nGive the whole path.',
    'Varios archivos terminan en «{name}»:\n{candidates}\nDé la ruta completa.',
  ),
  name_ambiguous: row(
    409,
    1,
    'Several publishers have "{name}":\n{candidates}\nChoose with --publisher P or --newest.',
    'Varios publicadores tienen «{name}»:\n{candidates}\nElija con --publisher P o --newest.',
  ),
  no_provider: row(
    503,
    4,
    'No node that holds {what} can be reached now. Try again when one is back; `anillo nodes` shows who is away.',
    'Ahora no se alcanza ningún nodo que tenga {what}. Inténtelo cuando vuelva alguno; `anillo nodes` muestra quién falta.',
  ),
  changed: row(
    409,
    1,
    '{what} changed while it was read. Try again when it stands still.',
    '{what} cambió mientras se leía. Inténtelo cuando esté quieto.',
  ),
  upload_offset: row(
    409,
    1,
    'The upload stands at another byte than the one given. Ask with HEAD where it stands, and go on from there.',
    'La subida está en otro byte que el indicado. Pregunte con HEAD dónde está y siga desde ahí.',
  ),
  upload_gone: row(
    410,
    3,
    'The upload is gone: it expired, or its file was taken away. Begin it again.',
    'La subida ya no está: caducó, o se quitó su archivo. Empiece de nuevo.',
  ),
  tus_version: row(
    412,
    2,
    'Uploads here speak tus 1.0.0: send Tus-Resumable: 1.0.0.',
    'Aquí las subidas hablan tus 1.0.0: envíe Tus-Resumable: 1.0.0.',
  ),
  checksum_mismatch: row(
    460,
    6,
    'What came does not match its Upload-Checksum. Nothing of that was kept; send it again.',
    'Lo que llegó no coincide con su Upload-Checksum. Nada de eso se guardó; envíelo de nuevo.',
  ),
  verification_failed: row(
    502,
    6,
    'What {address} sent for {what} does not match its CID. Nothing of that was kept.',
    'Lo que {address} envió de {what} no coincide con su CID. Nada de eso se guardó.',
  ),
  incomplete_body: row(
    400,
    1,
    'The upload stopped before its end. Nothing was kept; send it again.',
    'La subida se cortó antes del final. No se guardó nada; envíela otra vez.',
  ),
  file_exists: row(
    409,
    5,
    '{path} is already there and is not the same. Nothing was fetched; give -o with another path, or with this one to replace it.',
    '{path} ya está ahí y no es lo mismo. No se descargó nada; dé -o con otra ruta, o con esta para reemplazarlo.',
  ),
  is_a_folder: row(
    409,
    5,
    '{path} is a folder. Nothing was fetched; give -o with the path of a file, or of a folder to save into.',
    '{path} es una carpeta. No se descargó nada; dé -o con la ruta de un archivo, o de una carpeta donde guardarlo.',
  ),
  no_space: row(
    507,
    1,
    'There is no room for {what} on {where}. Make room there, or choose another place.',
    'No hay sitio para {what} en {where}. Haga sitio allí o elija otro lugar.',
  ),
  cannot_write: row(500, 1, '{path} cannot be written: {reason}.', 'No se puede escribir {path}: {reason}.'),
  suspended: row(
    503,
    1,
    'The shared folder {folder} is missing or is not the one that was shared (disk not mounted?). Nothing was withdrawn.',
    'La carpeta compartida {folder} falta o no es la que se compartió (¿disco sin montar?). No se retiró nada.',
  ),
  not_yours: row(
    403,
    5,
    '{what} was published by another node; only its publisher withdraws it.',
    '{what} lo publicó otro nodo; solo su publicador lo retira.',
  ),
  interrupted: row(
    499,
    1,
    'Interrupted. What was finished before is kept.',
    'Interrumpido. Lo que ya estaba terminado se conserva.',
  ),
  internal: row(
    500,
    1,
    'Something went wrong inside ({reason}). Run it again with ANILLO_LOG=debug, and report what it prints.',
    'Algo falló por dentro ({reason}). Repítalo con ANILLO_LOG=debug e informe de lo que escriba.',
  ),
} as const satisfies Record<string, ProblemRow>;

export type ProblemCode = keyof typeof PROBLEMS;

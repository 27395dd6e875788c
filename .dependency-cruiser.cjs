/** The rooms (docs/architecture.md) as rules: imports go one way. `scripts/check.js` plants violations to prove that they are caught. */

/** Rooms that are pure: no package, no Node module, no other room but those named. */
const pure = (room, ...mayImport) => ({
  name: `${room}-is-pure`,
  comment: `src/${room} imports nothing but itself${mayImport.length > 0 ? ` and ${mayImport.join(', ')}` : ''}`,
  severity: 'error',
  from: { path: `^src/${room}/`, pathNot: '\\.test(-support)?\\.ts$' },
  to: { pathNot: `^src/(${[room, ...mayImport].join('|')})/` },
});

/** A room imports only itself, the rooms named, and packages. */
const room = (name, mayImport, except = []) => ({
  name: `${name.replaceAll('/', '-')}-imports`,
  comment: `src/${name} may import ${mayImport.join(', ')}`,
  severity: 'error',
  from: { path: `^src/${name}/`, pathNot: ['\\.test\\.ts$', ...except] },
  to: { path: '^src/', pathNot: `^src/(${[name, ...mayImport].join('|')})(/|$)` },
});

const CLI_SETTINGS = '^src/cli/settings\\.ts$';

module.exports = {
  forbidden: [
    {
      name: 'no-circles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'resolves',
      severity: 'error',
      from: { path: '^(src|test|bench)/' },
      to: { couldNotResolve: true },
    },
    {
      name: 'declared-packages-only',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.test(-support)?\\.ts$' },
      to: { dependencyTypes: ['npm-dev', 'npm-no-pkg', 'npm-unknown'] },
    },
    pure('ring'),
    pure('records', 'ring'),
    pure('model-checker', 'ring'),
    {
      name: 'transfer-plan-is-pure',
      severity: 'error',
      from: { path: '^src/transfer/(plan|plan-source|piece-set)\\.ts$' },
      to: { pathNot: '^src/transfer/(plan-source|piece-set)\\.ts$' },
    },
    room('problems', []),
    room('storage', ['problems']),
    room('identity', ['problems', 'storage', 'generated']),
    room('content', ['problems', 'storage']),
    room('library', ['content', 'problems', 'storage']),
    room('transfer', ['content', 'problems', 'storage']),
    room('simulator', ['ring', 'records'], ['^src/simulator/records/']),
    {
      name: 'simulator-records-imports',
      comment:
        'src/simulator/records runs the record services as they are; it knows no channel, thread or file of theirs',
      severity: 'error',
      from: { path: '^src/simulator/records/', pathNot: '\\.test\\.ts$' },
      to: {
        path: '^src/',
        pathNot: [
          '^src/(simulator|ring|records|identity|generated|problems|storage)/',
          '^src/services/dht/(records/|bounded-service|leaving|peer-channel|ring-port)',
        ],
      },
    },
    {
      name: 'the-ring-is-simulated-without-records',
      severity: 'error',
      from: { path: '^src/simulator/', pathNot: ['^src/simulator/records/', '\\.test\\.ts$'] },
      to: { path: '^src/simulator/records/' },
    },
    room('services/http', ['problems', 'client/schemas']),
    room('services/dht', [
      'services/http/listen\\.ts',
      'ring',
      'records',
      'identity',
      'generated',
      'problems',
      'storage',
      'library/catalog\\.ts',
      'client/schemas',
    ]),
    room('services/index', [
      'library',
      'content',
      'problems',
      'client/schemas',
      'services/http',
      'services/dht/dht-api\\.ts',
    ]),
    room('services/upload', [
      'library',
      'content',
      'problems',
      'client/schemas',
      'services/http',
      'services/dht/dht-api\\.ts',
    ]),
    room('services/download', [
      'library',
      'content',
      'problems',
      'client/schemas',
      'services/http',
      'services/dht/dht-api\\.ts',
    ]),
    room('portmapper', ['client', 'identity', 'generated', 'problems', 'storage', 'services/http']),
    room('client', ['transfer', 'content', 'problems', 'storage']),
    room(
      'cli',
      ['client', 'problems', 'library/ignore-rules\\.ts'],
      ['^src/cli/commands/(up|node|portmapper|doctor|simulate)\\.ts$', CLI_SETTINGS],
    ),
    {
      name: 'command-settings',
      comment: 'one reader of the configuration for servers and commands',
      severity: 'error',
      from: { path: CLI_SETTINGS },
      to: { path: '^src/', pathNot: '^src/(cli|client|problems)/|^src/node/configuration\\.ts$' },
    },
    {
      name: 'node-imports',
      comment: 'src/node composes a node; it knows no command, portmapper or simulator',
      severity: 'error',
      from: { path: '^src/node/', pathNot: '\\.test\\.ts$' },
      to: { path: '^src/(cli|portmapper|simulator|model-checker)/' },
    },
    {
      name: 'commands-that-start-parts',
      severity: 'error',
      from: { path: '^src/cli/commands/(up|node|portmapper|doctor)\\.ts$' },
      to: { path: '^src/', pathNot: '^src/(cli|client|problems|node|portmapper|storage|services/http)/' },
    },
    {
      name: 'command-that-simulates',
      comment:
        'one command runs the simulator, in a thread of its own; no other file of the command line knows it',
      severity: 'error',
      from: { path: '^src/cli/commands/simulate\\.ts$' },
      to: {
        path: '^src/',
        pathNot: '^src/(cli|client|problems|simulator)/|^src/storage/worker-thread\\.ts$',
      },
    },
    {
      name: 'nobody-imports-the-top',
      severity: 'error',
      from: { path: '^src/', pathNot: ['^src/cli/', '\\.test\\.ts$'] },
      to: { path: '^src/(cli|simulator)/', pathNot: '^src/simulator/' },
    },
    {
      name: 'no-tests-in-code',
      severity: 'error',
      from: { path: '^src/', pathNot: '\\.test(-support)?\\.ts$' },
      to: { path: '(\\.test(-support)?\\.ts$|^test/|^bench/)' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '^src/generated/.*node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};

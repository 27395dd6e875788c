/** Every command of this version, in the order of the help. */
import type { Declare } from './command.ts';
import { declareDoctor } from './commands/doctor.ts';
import { declareFind } from './commands/find.ts';
import { declareGet } from './commands/get.ts';
import { declareLookup } from './commands/lookup.ts';
import { declareLs } from './commands/ls.ts';
import { declareMenu } from './commands/menu.ts';
import { declareNode } from './commands/node.ts';
import { declareNodes } from './commands/nodes.ts';
import { declarePortmapper } from './commands/portmapper.ts';
import { declarePut } from './commands/put.ts';
import { declareRing } from './commands/ring.ts';
import { declareRm } from './commands/rm.ts';
import { declareSimulate } from './commands/simulate.ts';
import { declareTrash } from './commands/trash.ts';
import { declareUp } from './commands/up.ts';
import type { MessageKey } from './messages/en.ts';

export const COMMANDS: readonly (readonly [string, MessageKey, Declare])[] = [
  ['up', 'up.help', declareUp],
  ['portmapper', 'portmapper.help', declarePortmapper],
  ['node', 'node.help', declareNode],
  ['put <paths...>', 'put.help', declarePut],
  ['get <name>', 'get.help', declareGet],
  ['find <query>', 'find.help', declareFind],
  ['ls [node]', 'ls.help', declareLs],
  ['rm <file>', 'rm.help', declareRm],
  ['trash', 'trash.help', declareTrash],
  ['nodes', 'nodes.help', declareNodes],
  ['ring', 'ring.help', declareRing],
  ['lookup [key]', 'lookup.help', declareLookup],
  ['doctor', 'doctor.help', declareDoctor],
  ['simulate', 'simulate.help', declareSimulate],
  ['menu', 'menu.help', declareMenu],
];

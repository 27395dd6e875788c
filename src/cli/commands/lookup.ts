/** `anillo lookup`: the node responsible for a key, and the way there. */
import { plainName } from '../../client/file-choice.ts';
import type { LookupQuestion } from '../../client/node-client.ts';
import type { Lookup } from '../../client/schemas/shared.ts';
import { Problem } from '../../problems/problem.ts';
import type { Declare } from '../command.ts';
import type { Context } from '../context.ts';
import { humanMilliseconds } from '../human.ts';
import { printable } from '../text.ts';

interface LookupOptions {
  readonly name?: string;
  readonly cid?: string;
}

export const declareLookup: Declare = (command, program) => {
  const { say } = program;
  command.option('--name <name>', say('lookup.name')).option('--cid <cid>', say('lookup.cid'));
  command.action(
    program.act<LookupOptions>(async (context, [key], options) => {
      const question = questionOf(context, key, options);
      const view = await context.view();
      const found = await view.lookup(question);
      context.output.result(found, () => showLookup(context, found));
    }),
  );
};

function questionOf(context: Context, key: string | undefined, options: LookupOptions): LookupQuestion {
  const given = [key, options.name, options.cid].filter((value) => value !== undefined);
  if (given.length !== 1) throw new Problem('usage', { reason: context.say('lookup.one') });
  if (options.name !== undefined) return { name: plainName(options.name) };
  return options.cid === undefined ? { key: key ?? '' } : { cid: options.cid };
}

function showLookup({ output, say }: Context, found: Lookup): void {
  const { owner, keyKind, id, path, hops, ms } = found;
  output.line(say('lookup.owner', { id: owner.id.slice(0, 12), address: printable(owner.address) }));
  output.line(say('lookup.key', { kind: say(`key.${keyKind}`), id }));
  for (const step of path) {
    const time = humanMilliseconds(step.ms, say.language);
    const mark = step.outcome === 'owner' || step.outcome === 'redirect' ? '→' : '✗';
    output.line(`  ${mark} ${step.id.slice(0, 12)}  ${printable(step.address)}  ${time}`);
  }
  output.line(say('lookup.hops', { hops, time: humanMilliseconds(ms, say.language) }));
}

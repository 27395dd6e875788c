/** `anillo ring`: the ring as a picture. */
import { writeFile } from 'node:fs/promises';
import type { Ring } from '../../client/schemas/shared.ts';
import type { Declare } from '../command.ts';
import type { Context } from '../context.ts';
import { drawRing, pensFor } from '../ring-picture.ts';
import { ringSvg } from '../ring-svg.ts';
import { printable } from '../text.ts';

interface RingFlags {
  readonly svg?: string;
}

const COLUMNS_ELSEWHERE = 100;

export const declareRing: Declare = (command, program) => {
  command.option('--svg <file>', program.say('ring.svg'));
  command.action(
    program.act<RingFlags>(async (context, _, { svg }) => {
      const view = await context.view();
      const ring = await view.ring();
      if (svg === undefined) context.output.result(ring, () => showRing(context, ring));
      else await saveSvg(context, ring, svg);
    }),
  );
};

export function showRing({ output, say, streams }: Context, { members }: Ring): void {
  const pens = pensFor(streams.environment);
  for (const line of drawRing(members, say, pens, output.columns ?? COLUMNS_ELSEWHERE)) output.line(line);
  const away = members.filter((member) => member.state === 'inactive').length;
  output.line();
  output.line(say('ring.summary', { n: members.length, away }));
}

async function saveSvg({ output, say }: Context, ring: Ring, file: string): Promise<void> {
  await writeFile(file, ringSvg(ring.members, say));
  output.result({ svg: file, ...ring }, () => output.line(say('ring.saved', { file: printable(file) })));
}

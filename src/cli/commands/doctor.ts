/** `anillo doctor`: checks this machine and the network, and says what to do. */
import type { Finding } from '../checkup.ts';
import { checkMachine } from '../checkup-machine.ts';
import { checkNetwork } from '../checkup-network.ts';
import type { Declare } from '../command.ts';
import type { Context } from '../context.ts';
import type { Style } from '../output.ts';

const EXIT_FAILED = 1;
const EXIT_NOTHING_REACHABLE = 4;

const MARKS: Readonly<Record<Finding['state'], readonly [string, Style]>> = {
  ok: ['ok  ', 'green'],
  warning: ['warn', 'yellow'],
  failed: ['FAIL', 'red'],
};

export const declareDoctor: Declare = (command, program) => {
  command.action(
    program.act(async (context) => {
      const machine = await checkMachine(context.say);
      const network = await checkNetwork(context);
      const findings = [...machine, ...network.findings];
      const healthy = findings.every(({ state }) => state !== 'failed');
      context.output.result({ healthy, reached: network.reached, findings }, () => show(context, findings));
      if (!network.reached) return EXIT_NOTHING_REACHABLE;
      return healthy ? 0 : EXIT_FAILED;
    }),
  );
};

function show({ output, say }: Context, findings: readonly Finding[]): void {
  for (const { state, text, advice } of findings) {
    const [mark, style] = MARKS[state];
    output.line(`${output.style(style, mark)}  ${text}`);
    if (advice !== null) output.line(`      ${advice}`);
  }
  const wrong = findings.filter(({ state }) => state === 'failed').length;
  output.line(wrong === 0 ? say('doctor.healthy') : say('doctor.wrong', { n: wrong }));
}

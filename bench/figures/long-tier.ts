/** What of the ring the long tier measures, for it takes real processes, or hours: read from its own page. */

export interface LongPart {
  readonly name: string;
  readonly claim: string;
  /** `held`, `did not hold` or `not run`. */
  readonly outcome: string;
  /** When, at which commit, for how long and from which seed; '' where it was not run. */
  readonly run: string;
  readonly figures: readonly (readonly [string, string])[];
}

/** Parts whose names begin with one of these are about the ring. */
const OF_THE_RING = ['lookup', 'ring', 'simulator', 'model', 'agreement', 'scenario', 'records'];

export function partsOfTheRing(page: string): LongPart[] {
  return page
    .split('\n## ')
    .slice(1)
    .map(partOf)
    .filter(({ name }) => OF_THE_RING.some((each) => name.startsWith(each)));
}

function partOf(section: string): LongPart {
  const [title = '', ...lines] = section.split('\n');
  const [name = '', outcome = ''] = title.split(': ');
  const text = lines.filter((line) => line !== '' && !line.startsWith('|'));
  const run = text.find((line) => line.startsWith('Run on')) ?? '';
  const claim = text.find((line) => line !== run) ?? '';
  const figures = lines
    .filter((line) => line.startsWith('| ') && !line.startsWith('| figure'))
    .map((line) => line.split('|').map((cell) => cell.trim()))
    .map(([, figure = '', value = '']) => [figure, value] as const);
  return { name, claim, outcome, run, figures };
}

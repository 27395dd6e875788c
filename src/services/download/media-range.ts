/** `Accept` of HTTP (RFC 9110, section 12.5.1): what a client takes, the most wanted first. */

export interface MediaRange {
  /** `type/subtype` in lower case; either may be `*`. */
  readonly type: string;
  readonly parameters: ReadonlyMap<string, string>;
}

/** More than any client sends: the rest is not read. */
const RANGES_MAX = 32;

/** Those of weight 0 are left out; of equal weight a type comes before a wildcard, else the first named. */
export function readAccept(header: string): MediaRange[] {
  const ranges = header.split(',', RANGES_MAX).map(readRange);
  return ranges
    .filter(({ type, weight }) => type !== '' && weight > 0)
    .sort((one, other) => other.weight - one.weight || wildcards(one) - wildcards(other));
}

function readRange(text: string): MediaRange & { readonly weight: number } {
  const [type = '', ...rest] = text.split(';').map((part) => part.trim().toLowerCase());
  const parameters = new Map(
    rest.map((part) => {
      const [name = '', ...value] = part.split('=');
      return [
        name.trim(),
        value
          .join('=')
          .trim()
          .replace(/^"(.*)"$/, '$1'),
      ];
    }),
  );
  const weight = Number(parameters.get('q') ?? 1);
  return { type, parameters, weight: Number.isNaN(weight) ? 0 : weight };
}

function wildcards({ type }: MediaRange): number {
  return type.includes('*') ? 1 : 0;
}

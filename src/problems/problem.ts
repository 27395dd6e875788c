/** A failure at a border: a stable code, its details and its cause. Outcomes inside are data, bugs are assertions. */
import { PROBLEMS, type ProblemCode } from './table.ts';

export type Language = 'en' | 'es';
export type ProblemDetails = Readonly<Record<string, string | number>>;

/** RFC 9457 problem, `application/problem+json`. */
export interface ProblemDocument {
  readonly type: string;
  readonly title: string;
  readonly status: number;
  readonly code: ProblemCode;
  readonly detail: string;
  readonly details: ProblemDetails;
}

export class Problem extends Error {
  override readonly name = 'Problem';
  readonly code: ProblemCode;
  readonly details: ProblemDetails;

  constructor(code: ProblemCode, details: ProblemDetails = {}, cause?: unknown) {
    super(describe(code, details, 'en'), cause === undefined ? undefined : { cause });
    this.code = code;
    this.details = details;
  }

  get status(): number {
    return PROBLEMS[this.code].status;
  }

  get exitCode(): number {
    return PROBLEMS[this.code].exitCode;
  }

  /** What happened and what to do, in one sentence or two. */
  text(language: Language): string {
    return describe(this.code, this.details, language);
  }

  toDocument(): ProblemDocument {
    return {
      type: `urn:anillo:problem:${this.code}`,
      title: this.code.replaceAll('_', ' '),
      status: this.status,
      code: this.code,
      detail: this.message,
      details: this.details,
    };
  }

  /** Reads a problem that a remote sent; anything else becomes `internal`. */
  static fromDocument(document: unknown): Problem {
    if (typeof document === 'object' && document !== null && 'code' in document) {
      const { code, details } = document as { code: unknown; details?: unknown };
      if (typeof code === 'string' && Object.hasOwn(PROBLEMS, code)) {
        return new Problem(code as ProblemCode, readDetails(details));
      }
    }
    return new Problem('internal', { reason: 'the answer was not understood' });
  }

  /** `error` as a problem: itself, or `internal` with the error as cause. */
  static from(error: unknown): Problem {
    if (error instanceof Problem) return error;
    return new Problem('internal', { reason: error instanceof Error ? error.message : String(error) }, error);
  }
}

function describe(code: ProblemCode, details: ProblemDetails, language: Language): string {
  return PROBLEMS[code][language]
    .replace(/\{(\w+)\}/g, (_, key: string) => String(details[key] ?? ''))
    .trim();
}

function readDetails(details: unknown): ProblemDetails {
  if (typeof details !== 'object' || details === null) return {};
  const read: Record<string, string | number> = {};
  for (const [key, value] of Object.entries(details).slice(0, 16)) {
    if (typeof value === 'string') read[key] = value.slice(0, 4096);
    else if (typeof value === 'number') read[key] = value;
  }
  return read;
}

/** What the index thread and its owner say to each other. */
import type { FileEvent } from './index-writer.ts';
import type { LibraryBounds } from './library-bounds.ts';

export interface IndexSetting {
  readonly shareDir: string;
  readonly dataDir: string;
  readonly bounds: LibraryBounds;
}

export type ToIndex = { readonly type: 'rescan' } | { readonly type: 'stop' };

export type FromIndex =
  | { readonly type: 'started' }
  | { readonly type: 'events'; readonly events: readonly FileEvent[] }
  | {
      readonly type: 'log';
      readonly level: 'info' | 'warn' | 'error';
      readonly fields: object;
      readonly message: string;
    };

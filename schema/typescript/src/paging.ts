import type { Page } from "./contract.js";

/**
 * Every item of a list, page by page. Each page is asked for at the height that the node then has: an item that moves
 * meanwhile may come twice or not at all.
 */
export async function* each<Item, Cursor>(
  ask: (startAfter: Cursor | null) => Promise<Page<Item, Cursor>>,
  from?: Cursor | null,
): AsyncGenerator<Item, void, undefined> {
  let cursor: Cursor | null = from ?? null;
  do {
    const page: Page<Item, Cursor> = await ask(cursor);
    yield* page.items;
    cursor = page.next ?? null;
  } while (cursor !== null);
}

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Page } from "../../src/index.js";
import { each } from "../../src/paging.js";

test("every page is asked for once, with the cursor of the one before", async () => {
  const pages: Record<string, Page<number, number>> = {
    null: { items: [1, 2], next: 2 },
    2: { items: [], next: 5 },
    5: { items: [6] },
  };
  const asked: (number | null)[] = [];
  const found: number[] = [];
  for await (const item of each<number, number>(async (cursor) => {
    asked.push(cursor);
    return pages[String(cursor)] ?? { items: [] };
  }, null)) {
    found.push(item);
  }
  assert.deepEqual(found, [1, 2, 6]);
  assert.deepEqual(asked, [null, 2, 5]);
});

test("a cursor of zero goes on", async () => {
  const found: number[] = [];
  for await (const item of each<number, number>(async (cursor) =>
    cursor === null ? { items: [0], next: 0 } : { items: [1], next: null },
  )) {
    found.push(item);
  }
  assert.deepEqual(found, [0, 1]);
});

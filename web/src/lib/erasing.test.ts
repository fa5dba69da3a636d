import { describe, expect, it } from 'vitest';
import { doneWords, lookWords, orderWords, wallNs, type Erasure, type Look } from './erasing';

const look: Look = { plan: 'era_1', segments: 2, recorded_ns: 10e9, size_bytes: 3_400_000, artefacts: 0, models: 0, rewrapped: 0, unread: 0 };
const order: Erasure = { erasure_id: 'era_1', at: '2026-11-21T10:00:00.000Z', by: 'you', why: 'person', evidence: null, done: true, segments: 1, still_due: 0 };

describe('what would be erased', () => {
  it('says how much, and nothing that is not so', () => {
    expect(lookWords(look)).toEqual(['2 parts of your recordings would be destroyed: 10 s, 3.4 MB.']);
  });

  it('says what was made from it, what could not be opened, and what gets a new key', () => {
    const words = lookWords({ ...look, artefacts: 2, models: 1, unread: 1, rewrapped: 1 });
    expect(words.slice(1)).toEqual([
      '1 part of them cannot be opened here, and is counted in.',
      '2 things made from them would have to go too, 1 model among them.',
      '1 other part stays, and gets a new key.',
    ]);
  });

  it('says what is only here', () => {
    expect(lookWords({ ...look, segments: 0 })).toHaveLength(1);
  });
});

describe('what was erased', () => {
  it('says what is still due', () => {
    const words = doneWords({ segments: 1, due: 1, due_by: '2026-12-21T10:00:00.000Z', receipts: ['era_1'] });
    expect(words[0]).toBe('1 part of your recordings is destroyed, and the keys with it.');
    expect(words[1]).toBe('1 thing made from them is to be destroyed by 21 December 2026.');
  });

  it('says by whose order', () => {
    expect(orderWords(order)).toBe('You had 1 part of your recordings erased.');
    expect(orderWords({ ...order, why: 'order', evidence: 'Order of the court' })).toBe('A steward had 1 part of your recordings erased (Order of the court).');
    expect(orderWords({ ...order, why: 'retention', done: false, still_due: 2 })).toBe(
      'Their time was over: 1 part of your recordings; this goes on; 2 things made from them are still due.',
    );
  });
});

describe('a field for a moment', () => {
  it('is the wall time, or nothing', () => {
    expect(wallNs('2026-11-21T10:00')).toBe(new Date('2026-11-21T10:00').getTime() * 1e6);
    expect(wallNs('')).toBe(0);
  });
});

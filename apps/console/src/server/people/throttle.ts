/**
 * Slows guessing down: failures are counted by account and by address, in the database, so that a restart forgives nothing.
 * An account is never locked for good: whoever knows the password waits a minute at most per guess of others.
 */
import { randomUUID } from 'node:crypto';
import type { Prisma } from '../data/database.ts';
import { refuse } from '../refusal.ts';

const WINDOW_MS = 15 * 60_000;
const FREE_BY_NAME = 5;
const FREE_BY_ADDRESS = 30;
const WAIT_MAX_MS = 60_000;

/** Guesses of one key that are being checked right now: they are taken one after the other. */
const underWay = new Map<string, Promise<void>>();

export async function oneAtATime<T>(key: string, work: () => Promise<T>): Promise<T> {
  const before = underWay.get(key) ?? Promise.resolve();
  let free = (): void => {};
  const mine = new Promise<void>((resolve) => {
    free = resolve;
  });
  const chain = before.then(() => mine);
  underWay.set(key, chain);
  await before;
  try {
    return await work();
  } finally {
    free();
    if (underWay.get(key) === chain) underWay.delete(key);
  }
}

/** @throws refusal TOO_MANY_ATTEMPTS with the seconds to wait */
export async function refuseGuessing(prisma: Prisma, name: string, address: string, nowMs = Date.now()): Promise<void> {
  for (const [key, free] of [
    [nameKey(name), FREE_BY_NAME],
    [addressKey(address), FREE_BY_ADDRESS],
  ] as const) {
    const since = new Date(nowMs - WINDOW_MS);
    const failures = await prisma.loginFailure.findMany({
      where: { key, at: { gt: since } },
      orderBy: { at: 'desc' },
      take: 200,
    });
    if (failures.length < free) continue;
    const waitMs = Math.min(WAIT_MAX_MS, 1_000 * 2 ** Math.min(10, failures.length - free));
    const until = (failures[0]?.at.getTime() ?? 0) + waitMs;
    if (until > nowMs) {
      const seconds = Math.ceil((until - nowMs) / 1000);
      throw refuse('TOO_MANY_REQUESTS', 'TOO_MANY_ATTEMPTS', `Too many failed sign-ins: try again in ${seconds} s.`);
    }
  }
}

export async function noteFailure(prisma: Prisma, name: string, address: string): Promise<void> {
  const at = new Date();
  await prisma.loginFailure.createMany({
    data: [nameKey(name), addressKey(address)].map((key) => ({ id: randomUUID(), key, at })),
  });
  await prisma.loginFailure.deleteMany({ where: { at: { lt: new Date(at.getTime() - WINDOW_MS) } } });
}

export const forgive = (prisma: Prisma, name: string): Promise<unknown> =>
  prisma.loginFailure.deleteMany({ where: { key: nameKey(name) } });

const nameKey = (name: string): string => `name:${name.toLowerCase().slice(0, 200)}`;
const addressKey = (address: string): string => `address:${address}`;

/** The switchover's own hands (engine/supervisor/switchover) in the simulated world: a chain of steps that ends with its supervisor. */
import type { World } from './world.ts';

const TRIES = 3;

export function switchover(world: World, to: number): void {
  const old = world.state.primary;
  if (world.dead || old === null || old === to) return;
  world.dispatch({ t: 'switching', to, by: 'operator' });
  if (world.state.act?.phase !== 'switching') return;
  const { life, random } = world;
  const then = (ms: number, run: () => void): void =>
    world.in(ms, () => {
      if (life === world.life && world.state.act?.phase === 'switching') run();
    });
  const from = world.server(old);
  const candidate = world.server(to);
  const giveBack = (): void =>
    then(random.between(100, 1_000), () => {
      if (!from.hidden) from.up = true;
      world.dispatch({ t: 'switched', to: old });
    });
  const promote = (tries: number): void =>
    then(random.between(20, 300), () => {
      const error = world.promoteNow(candidate);
      if (error === null) {
        world.dispatch({ t: 'looked', node: to, answer: world.answer(candidate) });
        world.dispatch({ t: 'switched', to });
        world.reply(random.between(100, 1_000), () => {
          if (life !== world.life) return null;
          world.rejoin(from, candidate);
          return { t: 'returned', node: old };
        });
      } else if (tries < TRIES) then(500, () => promote(tries + 1));
      else world.dispatch({ t: 'switchLost', ordered: to });
    });
  then(random.between(5, 100), () => {
    world.dispatch({ t: 'switchFence' });
    then(random.between(510, 600), () => {
      from.up = false;
      const whole = world.reachable(candidate) && candidate.upstream === old;
      if (whole) candidate.position = Math.max(candidate.position, from.position); // all of it is sent before the end
      then(random.between(20, 300), () => {
        if (!whole) {
          giveBack();
          return;
        }
        world.dispatch({ t: 'switchOrders' });
        promote(1);
      });
    });
  });
}

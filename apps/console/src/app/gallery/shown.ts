import { notFound } from 'next/navigation';

/** The gallery is for those who build the console: in production there is no such page, unless asked for. */
export function onlyForDevelopers(): void {
  if (process.env['NODE_ENV'] === 'production' && process.env['PGHERD_GALLERY'] !== '1') notFound();
}

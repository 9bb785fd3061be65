import type { Metadata } from 'next';
import { Primitives } from './primitives.tsx';
import { onlyForDevelopers } from './shown.ts';

export const metadata: Metadata = { title: 'Gallery' };
export const dynamic = 'force-dynamic';

export default function GalleryPage() {
  onlyForDevelopers();
  return <Primitives />;
}

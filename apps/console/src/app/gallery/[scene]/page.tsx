import type { Metadata } from 'next';
import { notFound } from 'next/navigation';
import { CandidatesScene } from '../candidates-scene.tsx';
import { ConfigScene } from '../config-scene.tsx';
import { OverviewScene } from '../overview-scene.tsx';
import { ReviewScene } from '../review-scene.tsx';
import { RunScene } from '../run-scene.tsx';
import { onlyForDevelopers } from '../shown.ts';
import { TopologyScene } from '../topology-scene.tsx';

export const metadata: Metadata = { title: 'Gallery' };
export const dynamic = 'force-dynamic';

const SCENES = {
  overview: OverviewScene,
  topology: TopologyScene,
  config: ConfigScene,
  review: ReviewScene,
  candidates: CandidatesScene,
  run: RunScene,
} as const;

export default async function ScenePage({ params }: { readonly params: Promise<{ readonly scene: string }> }) {
  onlyForDevelopers();
  const { scene } = await params;
  const Scene = Object.entries(SCENES).find(([name]) => name === scene)?.[1];
  if (Scene === undefined) notFound();
  return <Scene />;
}

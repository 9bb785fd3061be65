'use client';

import { createContext, useContext } from 'react';
import type { Frame } from './frame.ts';

const nothing = (): void => undefined;

/** What a page outside any cluster, or before the first facts, stands in. */
export const EMPTY_FRAME: Frame = {
  cluster: null,
  clusters: [],
  user: null,
  connection: { state: 'connecting', factsAtMs: null },
  problems: 0,
  draftChanges: 0,
  draftHref: null,
  banners: [],
  hiddenPlaces: [],
  findEntries: () => [],
  onPause: nothing,
  onRetry: nothing,
  onSignOut: nothing,
};

const FrameContext = createContext<Frame>(EMPTY_FRAME);

/** Filled by whoever knows the facts; the shell and its parts read it. */
export const FrameProvider = FrameContext;
export const useFrame = (): Frame => useContext(FrameContext);

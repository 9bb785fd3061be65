'use client';
/** The wizards, each loaded when it is opened. */
import dynamic from 'next/dynamic';

export const ActWizard = dynamic(() => import('./wizard.tsx').then((module) => module.ActWizard));
export const AddNode = dynamic(() => import('./add-node.tsx').then((module) => module.AddNode));

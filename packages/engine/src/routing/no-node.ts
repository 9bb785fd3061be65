/** In place of a node id where there is no node: decisions are made of small integers. */
export const NO_NODE = -1;

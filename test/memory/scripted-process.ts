/** A scripted server in a process of its own, so that its memory and its work are not the engine's. */
import { ScriptedBackend } from '@pgherd/lab';

const backend = await ScriptedBackend.open();
process.send?.({ port: backend.port });
process.on('disconnect', () => process.exit(0));

/** The projection's own thread: PGlite computes for seconds at a time, and the broker must not. */
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../../platform/system-clock.ts';
import { must } from '../../protocol/must.ts';
import type { ProjectionAnswer, ProjectionRequest, ProjectionSources } from './projection-call.ts';
import { ProjectionService } from './projection-service.ts';

const port = must(parentPort, 'this module runs as a worker');
const service = new ProjectionService(workerData as ProjectionSources, () =>
  systemClock.monotonicMs(),
);
const running = service.run();

async function respond(request: ProjectionRequest): Promise<void> {
  if (request.call === 'poke') {
    service.poke();
    return;
  }
  const { id } = request;
  let answer: ProjectionAnswer;
  try {
    const result = await service.answer(request);
    if (request.call === 'close') await running;
    answer = { id, result };
  } catch (error) {
    answer = { id, failure: error instanceof Error ? error.message : String(error) };
  }
  port.postMessage(answer);
}

port.on('message', (request: ProjectionRequest) => void respond(request));

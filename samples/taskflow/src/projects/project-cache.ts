import type { Bus } from '../bus/bus.js';
import { asBusMessage, type BusMessage, type Plain, plain, projectTopic } from '../bus/messages.js';
import type { ReadThrough } from '../cache/read-through.js';
import type { Project } from './project.js';
import type { ProjectStatistics } from './project-statistics.js';

const PROJECT_TTL_MS = 5_000;
const STATISTICS_TTL_MS = 10_000;
const MOST_WATCHED = 500;

/** Remembers details of projects until they change, on this node or, as the bus tells, on another one. */
export class ProjectCache {
  /** Project id -> what ends its subscription; the project watched for longest comes first. */
  private readonly watched = new Map<number, () => void>();

  constructor(
    private readonly values: ReadThrough,
    private readonly bus: Bus,
    private readonly failed: (error: unknown) => void,
  ) {}

  /** The project as `load` gives it, or gave it a moment ago. Rejects when `load` does. */
  async project(id: number, load: () => Promise<Project>): Promise<Project> {
    this.watch(id);
    const row = await this.values.load<Plain<Project>>(projectKey(id), PROJECT_TTL_MS, async () => plain(await load()));
    return { ...row, createdAt: new Date(row.createdAt), updatedAt: new Date(row.updatedAt) };
  }

  /** A project's statistics as `load` gives them, or gave them a moment ago. Rejects when `load` does. */
  async statistics(id: number, load: () => Promise<ProjectStatistics>): Promise<ProjectStatistics> {
    this.watch(id);
    return this.values.load(statisticsKey(id), STATISTICS_TTL_MS, load);
  }

  /** Forgets what a change has made untrue. Called with own changes too, since a bus may take its time. */
  hear(message: BusMessage): void {
    if (message.type.startsWith('presence.')) return;
    this.forget(statisticsKey(message.projectId));
    if (message.type.startsWith('project.')) this.forget(projectKey(message.projectId));
  }

  /** Listens no more. */
  close(): void {
    for (const unsubscribe of this.watched.values()) unsubscribe();
    this.watched.clear();
  }

  private watch(id: number): void {
    if (this.watched.has(id)) return;
    const unsubscribe = this.bus.subscribe(projectTopic(id), (value) => {
      const message = asBusMessage(value);
      if (message) this.hear(message);
    });
    this.watched.set(id, unsubscribe);
    if (this.watched.size <= MOST_WATCHED) return;
    const [oldest] = this.watched;
    if (!oldest) return;
    oldest[1]();
    this.watched.delete(oldest[0]);
    this.forget(projectKey(oldest[0]));
    this.forget(statisticsKey(oldest[0]));
  }

  private forget(key: string): void {
    this.values.forget(key).catch(this.failed);
  }
}

const projectKey = (id: number): string => `project:${id}`;
const statisticsKey = (id: number): string => `statistics:${id}`;

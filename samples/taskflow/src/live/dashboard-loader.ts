import type { Counters } from '../counters.js';
import type { Faults } from '../faults.js';
import type { Project } from '../projects/project.js';
import type { ProjectRepository } from '../projects/project-repository.js';
import type { Task } from '../tasks/task.js';
import type { TaskRepository } from '../tasks/task-repository.js';

export interface DashboardData {
  /** Those the user owns, and those it has tasks in. */
  projects: Project[];
  /** All tasks of the projects it owns, and its own tasks in others. */
  tasks: Task[];
}

/** Finds what a dashboard shows. */
export class DashboardLoader {
  constructor(
    private readonly projects: ProjectRepository,
    private readonly tasks: TaskRepository,
    private readonly faults: Faults,
    private readonly counters: Counters,
  ) {}

  async load(userId: number): Promise<DashboardData> {
    const owned = await this.projects.findByOwner(userId);
    const tasks = new Map((await this.tasksOf(owned)).map((task) => [task.id, task]));
    for (const task of await this.tasks.findByAssignee(userId)) tasks.set(task.id, task);
    const known = new Set(owned.map((project) => project.id));
    const others = [...new Set([...tasks.values()].map((task) => task.projectId))].filter((id) => !known.has(id));
    return { projects: [...owned, ...(await this.projects.findByIds(others))], tasks: [...tasks.values()] };
  }

  /** Of the projects that a dashboard shows; cheap beside `load`. */
  projectIds(userId: number): Promise<number[]> {
    return this.projects.findIdsByMember(userId);
  }

  /** Null when it has been deleted meanwhile. */
  project(id: number): Promise<Project | null> {
    return this.projects.findById(id);
  }

  private async tasksOf(projects: readonly Project[]): Promise<Task[]> {
    if (!this.faults.has('n-plus-one')) return this.tasks.findByProjects(projects.map((project) => project.id));
    const tasks: Task[] = [];
    // FAULT n-plus-one: one query per project, one after the other, where a single query would do.
    for (const project of projects) tasks.push(...(await this.tasksOfOne(project)));
    return tasks;
  }

  private async tasksOfOne(project: Project): Promise<Task[]> {
    this.counters.entered('DashboardLoader.tasksOfOne');
    const tasks = await this.tasks.findByProject(project.id);
    this.counters.completed('DashboardLoader.tasksOfOne');
    return tasks;
  }
}

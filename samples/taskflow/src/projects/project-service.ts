import type { AuditLog } from '../audit/audit-log.js';
import type { Announcer } from '../bus/announcer.js';
import type { Counters } from '../counters.js';
import { forbidden, notFound } from '../errors.js';
import type { Faults } from '../faults.js';
import type { Task } from '../tasks/task.js';
import type { TaskOperations } from '../tasks/task-manager.js';
import type { TaskRepository } from '../tasks/task-repository.js';
import { progressOf, sortByUrgency } from './priority.js';
import type { NewProject, Project, ProjectPage, ProjectPatch, ProjectStatus, ProjectSummary } from './project.js';
import type { ProjectCache } from './project-cache.js';
import type { ProjectRepository } from './project-repository.js';

export class ProjectService {
  constructor(
    private readonly projects: ProjectRepository,
    private readonly tasks: TaskRepository,
    private readonly taskManager: TaskOperations,
    private readonly faults: Faults,
    private readonly counters: Counters,
    private readonly announcer: Announcer,
    private readonly audit: AuditLog,
    private readonly cache: ProjectCache,
  ) {}

  listProjects(filter: { status?: ProjectStatus; limit: number; offset: number }): Promise<ProjectSummary[]> {
    return this.projects.list(filter);
  }

  /** A project with its tasks, most urgent first. Rejects with 404 for an unknown project. */
  async loadProject(id: number): Promise<ProjectPage> {
    this.counters.entered('ProjectService.loadProject');
    const project = await this.cache.project(id, () => this.requireProject(id));
    const tasks = await this.loadTasks(id);
    const page = { ...project, progress: progressOf(tasks), tasks: sortByUrgency(tasks, new Date()) };
    this.counters.completed('ProjectService.loadProject');
    return page;
  }

  /** A project and its tasks in the order they were made. Rejects with 404 for an unknown project. */
  async tasksFor(id: number): Promise<{ project: Project; tasks: Task[] }> {
    return { project: await this.requireProject(id), tasks: await this.tasks.findByProject(id) };
  }

  async requireProject(id: number): Promise<Project> {
    const project = await this.projects.findById(id);
    if (!project) throw notFound('Project', id);
    return project;
  }

  async createProject(project: NewProject): Promise<Project> {
    const created = await this.projects.insert(project);
    this.announcer.projectChanged('project.created', created);
    this.audit.record(project.ownerId, 'created project', `${created.id}: ${created.name}`);
    return created;
  }

  /** `by` is the user who does it. Rejects with 404 for an unknown project, 403 for somebody else's. */
  async updateProject(id: number, patch: ProjectPatch, by: number): Promise<Project> {
    await this.requireOwn(id, by);
    const project = await this.projects.update(id, patch);
    if (!project) throw notFound('Project', id);
    this.announcer.projectChanged('project.updated', project);
    this.audit.record(by, 'changed project', `${id}: ${Object.keys(patch).join(', ')}`);
    return project;
  }

  /** As `updateProject`. */
  async deleteProject(id: number, by: number): Promise<void> {
    await this.requireOwn(id, by);
    const deleted = await this.projects.delete(id);
    if (!deleted) throw notFound('Project', id);
    this.taskManager.forgetTasks(deleted.tasks);
    this.announcer.projectDeleted(deleted.project);
    this.audit.record(by, 'deleted project', `${id}: ${deleted.project.name}`);
  }

  /** What a project's page shows, in the order they were made. */
  async loadTasks(projectId: number): Promise<Task[]> {
    if (!this.faults.has('n-plus-one')) return this.tasks.findByProject(projectId);
    const tasks: Task[] = [];
    for (const taskId of await this.tasks.findIdsByProject(projectId)) {
      // FAULT n-plus-one: one query per task, one after the other, where a single query would do.
      const task = await this.tasks.findById(taskId);
      if (task) tasks.push(task);
    }
    return tasks;
  }

  private async requireOwn(id: number, userId: number): Promise<void> {
    const { ownerId } = await this.requireProject(id);
    if (ownerId !== userId)
      throw forbidden(`Project ${id} is somebody else's; only its owner can change or delete it.`);
  }
}

import type { Bus } from '../bus/bus.js';
import { type BusMessage, type Plain, type PresenceMessage, plain, projectTopic, userTopic } from '../bus/messages.js';
import type { Project } from '../projects/project.js';
import type { Task } from '../tasks/task.js';
import type { PublicUser } from '../users/user.js';
import type { DashboardLoader } from './dashboard-loader.js';
import { type LiveClient, LiveView } from './live-view.js';

/** Something that happened while the dashboard was open. */
export interface Activity {
  id: string;
  type: string;
  at: string;
  node: string;
  projectId: number;
  taskId: number | null;
  userId: number | null;
  /** The task's or the project's name, or what a comment says. */
  text: string;
}

interface DashboardAssigns {
  user: PublicUser;
  node: string;
  projects: Plain<Project>[];
  tasks: Plain<Task>[];
  /** The latest last. */
  activity: Activity[];
}

type ChangeMessage = Exclude<BusMessage, PresenceMessage>;

const LATEST = 30;

/** One user's dashboard: the projects it owns or works in, their tasks, and what happens to them. */
export class DashboardView extends LiveView<DashboardAssigns> {
  constructor(
    private readonly user: PublicUser,
    private readonly node: string,
    private readonly loader: DashboardLoader,
    bus: Bus,
    client: LiveClient,
    failed: (error: unknown) => void,
  ) {
    super('dashboard', bus, client, failed);
  }

  protected async mount(): Promise<DashboardAssigns> {
    this.follow(userTopic(this.user.id));
    const before = await this.loader.projectIds(this.user.id);
    for (const id of before) this.follow(projectTopic(id));
    let { projects, tasks } = await this.loader.load(this.user.id);
    // A project that has joined them meanwhile was read before it was followed, so it is read again.
    while (projects.filter((project) => this.follow(projectTopic(project.id))).length > 0) {
      ({ projects, tasks } = await this.loader.load(this.user.id));
    }
    for (const id of before) if (!projects.some((project) => project.id === id)) this.unfollow(projectTopic(id));
    return {
      user: this.user,
      node: this.node,
      projects: projects.map(plain),
      tasks: tasks.map(plain),
      activity: [],
    };
  }

  protected async handle(message: BusMessage, assigns: DashboardAssigns): Promise<void> {
    if ('connectionId' in message) return;
    const before = assigns.tasks.find((task) => 'taskId' in message && task.id === message.taskId);
    if ('comment' in message) {
      if (before) this.note(message, message.comment.body, assigns);
    } else if ('task' in message) {
      const { task } = message;
      // Told before the page was read, which shows what came after.
      if (task && before && before.updatedAt > task.updatedAt) return;
      if (task && (await this.concerns(task, assigns))) this.put('tasks', assigns.tasks, task);
      else this.remove('tasks', assigns.tasks, message.taskId);
      this.leaveUnlessConcerned(message.projectId, assigns);
      const title = task?.title ?? before?.title;
      if (title !== undefined) this.note(message, title, assigns);
    } else {
      const known = assigns.projects.find((project) => project.id === message.projectId);
      if (!known && message.project?.ownerId !== this.user.id) return;
      this.changeProject(message.projectId, message.project, assigns);
      const name = message.project?.name ?? known?.name;
      if (name !== undefined) this.note(message, name, assigns);
    }
  }

  private changeProject(id: number, project: Plain<Project> | null, assigns: DashboardAssigns): void {
    if (project) {
      this.follow(projectTopic(id));
      this.put('projects', assigns.projects, project);
      return;
    }
    this.unfollow(projectTopic(id));
    for (const task of assigns.tasks.filter((one) => one.projectId === id))
      this.remove('tasks', assigns.tasks, task.id);
    this.remove('projects', assigns.projects, id);
  }

  /** Whether a task belongs on this dashboard; its project is added when this is the first task in it. */
  private async concerns(task: Plain<Task>, assigns: DashboardAssigns): Promise<boolean> {
    const project = assigns.projects.find((one) => one.id === task.projectId);
    if (project?.ownerId === this.user.id) return true;
    if (task.assigneeId !== this.user.id) return false;
    if (project) return true;
    // In this order, so that no change to the project falls between.
    this.follow(projectTopic(task.projectId));
    const found = await this.loader.project(task.projectId);
    this.changeProject(task.projectId, found && plain(found), assigns);
    return found !== null;
  }

  /** A project of somebody else is shown for the sake of the user's tasks in it, so it goes with the last of them. */
  private leaveUnlessConcerned(id: number, assigns: DashboardAssigns): void {
    const project = assigns.projects.find((one) => one.id === id);
    if (!project || project.ownerId === this.user.id) return;
    if (!assigns.tasks.some((task) => task.projectId === id)) this.changeProject(id, null, assigns);
  }

  private note(message: ChangeMessage, text: string, assigns: DashboardAssigns): void {
    const { id, type, at, node, projectId, userId } = message;
    const taskId = 'taskId' in message ? message.taskId : null;
    this.put('activity', assigns.activity, { id, type, at, node, projectId, taskId, userId, text });
    const oldest = assigns.activity[0];
    if (oldest && assigns.activity.length > LATEST) this.remove('activity', assigns.activity, oldest.id);
  }
}

import { randomUUID } from 'node:crypto';
import type { Announcer } from '../bus/announcer.js';
import type { Bus } from '../bus/bus.js';
import { type BusMessage, type Plain, type PresenceMessage, plain, projectTopic } from '../bus/messages.js';
import type { Comment } from '../comments/comment.js';
import type { CommentRepository } from '../comments/comment-repository.js';
import { notFound } from '../errors.js';
import type { Project } from '../projects/project.js';
import type { ProjectRepository } from '../projects/project-repository.js';
import type { ProjectService } from '../projects/project-service.js';
import type { Task } from '../tasks/task.js';
import type { PublicUser } from '../users/user.js';
import { type LiveClient, LiveView } from './live-view.js';

/** A browser window that shows the project; the id is that of its connection. */
interface Visitor {
  id: string;
  userId: number;
  username: string;
  node: string;
}

interface ProjectAssigns {
  user: PublicUser;
  node: string;
  project: Plain<Project>;
  tasks: Plain<Task>[];
  comments: Plain<Comment>[];
  people: Visitor[];
}

export interface ProjectViewParts {
  projects: ProjectRepository;
  projectService: ProjectService;
  comments: CommentRepository;
  announcer: Announcer;
  bus: Bus;
  node: string;
}

const HERE_EVERY_MS = 10_000;
// A node that died says good-bye to nobody.
const GONE_AFTER_MS = 3 * HERE_EVERY_MS;

/** One project's page: its tasks, what is said about them, and who else looks at it, on any node. */
export class ProjectView extends LiveView<ProjectAssigns> {
  private readonly connectionId = randomUUID();
  private readonly lastSeen = new Map<string, number>();
  private beat: NodeJS.Timeout | undefined;

  constructor(
    private readonly projectId: number,
    private readonly user: PublicUser,
    private readonly parts: ProjectViewParts,
    client: LiveClient,
    failed: (error: unknown) => void,
  ) {
    super('project', parts.bus, client, failed);
  }

  override stop(): void {
    if (!this.stopped && this.beat) this.tellPresence('presence.left');
    clearInterval(this.beat);
    super.stop();
  }

  protected async mount(): Promise<ProjectAssigns> {
    const { projects, projectService, comments, node } = this.parts;
    const id = this.projectId;
    this.follow(projectTopic(id));
    const [project, itsTasks, itsComments] = await Promise.all([
      projects.findById(id),
      projectService.loadTasks(id),
      comments.findByProject(id),
    ]);
    if (!project) throw notFound('Project', id);
    if (!this.stopped) {
      this.tellPresence('presence.joined');
      this.beat = setInterval(() => this.tellPresence('presence.here'), HERE_EVERY_MS).unref();
    }
    return {
      user: this.user,
      node,
      project: plain(project),
      tasks: itsTasks.map(plain),
      comments: itsComments.map(plain),
      people: [],
    };
  }

  protected handle(message: BusMessage, assigns: ProjectAssigns): void {
    if ('connectionId' in message) this.noticePerson(message, assigns);
    else if ('comment' in message) {
      if (message.type === 'comment.deleted') this.remove('comments', assigns.comments, message.comment.id);
      else this.put('comments', assigns.comments, message.comment);
    } else if ('task' in message) {
      if (message.task) this.put('tasks', assigns.tasks, message.task);
      else this.remove('tasks', assigns.tasks, message.taskId);
    } else if (message.project) this.set(assigns, 'project', message.project);
    else this.gone('This project has been deleted.');
  }

  private noticePerson(message: PresenceMessage, assigns: ProjectAssigns): void {
    const { type, connectionId: id, userId, username, node } = message;
    const now = Date.now();
    if (type === 'presence.left') {
      this.lastSeen.delete(id);
      this.remove('people', assigns.people, id);
    } else {
      this.lastSeen.set(id, now);
      this.put('people', assigns.people, { id, userId, username, node });
      if (type === 'presence.joined' && id !== this.connectionId) this.tellPresence('presence.here');
    }
    for (const [other, seen] of this.lastSeen) {
      if (now - seen < GONE_AFTER_MS) continue;
      this.lastSeen.delete(other);
      this.remove('people', assigns.people, other);
    }
  }

  private tellPresence(type: PresenceMessage['type']): void {
    const { connectionId, projectId, user } = this;
    this.parts.announcer.presence({ type, projectId, connectionId, userId: user.id, username: user.username });
  }
}

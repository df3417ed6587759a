import type { Announcer } from '../bus/announcer.js';
import { forbidden, notFound } from '../errors.js';
import type { Comment } from './comment.js';
import type { CommentInProject, CommentRepository } from './comment-repository.js';

/** What is said about tasks. Everybody may comment; a comment is changed and deleted by its author alone. */
export class CommentService {
  constructor(
    private readonly comments: CommentRepository,
    private readonly announcer: Announcer,
  ) {}

  /** The oldest first. Rejects with 404 for an unknown task. */
  async commentsOn(taskId: number): Promise<Comment[]> {
    const comments = await this.comments.findByTask(taskId);
    if (!comments) throw notFound('Task', taskId);
    return comments;
  }

  /** Rejects with 404 for an unknown task. */
  async addComment(taskId: number, authorId: number, body: string): Promise<Comment> {
    const added = await this.comments.insert(taskId, authorId, body);
    if (!added) throw notFound('Task', taskId);
    this.announcer.commentChanged('comment.created', added.projectId, added.comment);
    return added.comment;
  }

  /** Rejects with 404 for an unknown comment, 403 for somebody else's. */
  async changeComment(id: number, userId: number, body: string): Promise<Comment> {
    await this.requireOwn(id, userId);
    await this.comments.update(id, body);
    const { comment, projectId } = await this.require(id);
    this.announcer.commentChanged('comment.updated', projectId, comment);
    return comment;
  }

  /** Rejects with 404 for an unknown comment, 403 for somebody else's. */
  async deleteComment(id: number, userId: number): Promise<void> {
    const { comment, projectId } = await this.requireOwn(id, userId);
    await this.comments.delete(id);
    this.announcer.commentChanged('comment.deleted', projectId, comment);
  }

  private async requireOwn(id: number, userId: number): Promise<CommentInProject> {
    const found = await this.require(id);
    const { author, authorId } = found.comment;
    if (authorId !== userId) throw forbidden(`Comment ${id} is ${author}'s; only ${author} can change or delete it.`);
    return found;
  }

  private async require(id: number): Promise<CommentInProject> {
    const found = await this.comments.findById(id);
    if (!found) throw notFound('Comment', id);
    return found;
  }
}

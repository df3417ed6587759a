/** Something that somebody should hear of. */
export interface NotificationEvent {
  type: 'task.assigned' | 'task.completed';
  projectId: number;
  taskId: number;
  title: string;
  /** Who has the task, or had it. */
  assigneeId: number | null;
}

/** A notification and whom it is for. */
export interface Notification {
  event: NotificationEvent;
  recipient: Recipient;
}

export interface Recipient {
  id: number;
  username: string;
  email: string;
}

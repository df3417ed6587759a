export interface Comment {
  id: number;
  taskId: number;
  authorId: number;
  /** The author's name as it is now. */
  author: string;
  body: string;
  createdAt: Date;
  updatedAt: Date;
}

import type { Task } from '../tasks/task.js';

export const projectStatuses = ['active', 'archived'] as const;

export type ProjectStatus = (typeof projectStatuses)[number];

export interface Project {
  id: number;
  name: string;
  description: string;
  status: ProjectStatus;
  ownerId: number;
  createdAt: Date;
  updatedAt: Date;
}

export interface NewProject {
  name: string;
  description?: string;
  ownerId: number;
}

/** Fields left out stay as they are. */
export type ProjectPatch = Partial<Pick<Project, 'name' | 'description' | 'status'>>;

export interface ProjectSummary extends Project {
  tasks: number;
  completedTasks: number;
}

/** A project as its page shows it: tasks most urgent first. */
export interface ProjectPage extends Project {
  progress: number;
  tasks: Task[];
}

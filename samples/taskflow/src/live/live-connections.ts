import type { Faults } from '../faults.js';
import type { DashboardView } from './dashboard-view.js';
import type { ProjectView } from './project-view.js';

/** The models of the live pages that are open. */
export class LiveConnections {
  private readonly dashboards = new Map<string, DashboardView>();
  private readonly projects = new Map<string, ProjectView>();
  private sockets = 0;

  constructor(private readonly faults: Faults) {}

  openDashboard(connectionId: string, view: DashboardView): void {
    this.sockets += 1;
    this.dashboards.set(connectionId, view);
  }

  openProject(connectionId: string, view: ProjectView): void {
    this.sockets += 1;
    this.projects.set(connectionId, view);
  }

  /** The socket has closed, whatever closed it. */
  close(connectionId: string): void {
    this.sockets -= 1;
    this.projects.get(connectionId)?.stop();
    this.projects.delete(connectionId);
    // FAULT connection-leak: a dashboard's model is kept after its socket has closed, still subscribed to the bus: it
    // is held in memory, and follows every message, until the process ends.
    if (this.faults.has('connection-leak')) return;
    this.dashboards.get(connectionId)?.stop();
    this.dashboards.delete(connectionId);
  }

  /** For `GET /stats`: there are as many models as sockets, unless some leaked. */
  counts(): { sockets: number; dashboardModels: number; projectModels: number } {
    return { sockets: this.sockets, dashboardModels: this.dashboards.size, projectModels: this.projects.size };
  }
}

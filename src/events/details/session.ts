/** One run of one executor, and the agents in it. */
export interface SessionEvents {
  /**
   * `yolo`: agents with `permissions: full` may do anything. `gates`: how the command line has them. `uncommitted`: what
   * lies in the user's checkout alone, how many files and the first of them.
   */
  session_started: {
    pid: number;
    host: string;
    command: string;
    /** Number of the home's folder: a log that is found in another one was copied. */
    home?: string;
    yolo?: true;
    gates?: 'wait' | 'auto';
    uncommitted?: {count: number; names: string[]};
  };
  session_resumed: {previous_session_id: string};
  session_saved: {resume_points: number};
  session_ended: {exit: number; reason: string};
  agent_registered: {agent: string};
  agent_failed: {agent: string; message: string};
  agent_stopped: {agent: string};
}

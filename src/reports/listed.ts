import type {MilestoneId} from '../plan/plan.ts';

/** A line of `milestone list`. */
export interface Listed {
  id: MilestoneId;
  title: string;
  status: string;
  percentage: number;
  file: string;
}

import type {MorningReport} from '../reports/morning/report-shape.ts';
import {GraphLayouts, type Layouts} from './graph/use-layout.ts';
import {ReportBody} from './report-body.tsx';
import {AllRows} from './rows.tsx';

export interface ReportFileProps {
  report: MorningReport;
  layouts: Pick<Layouts, 'given'>;
}

/** A report that is a file: it is printed and searched, so all of it is there. */
export function ReportFile({report, layouts}: ReportFileProps) {
  return (
    <GraphLayouts.Provider value={layouts}>
      <AllRows.Provider value={true}>
        <ReportBody report={report} />
      </AllRows.Provider>
    </GraphLayouts.Provider>
  );
}

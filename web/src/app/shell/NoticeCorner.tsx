import './NoticeCorner.css';

import { notice } from '../notice.ts';
import { useStore } from '../store.ts';

export function NoticeCorner() {
  const shown = useStore(notice);
  return (
    <div className="notice-corner" role="status">
      {shown && (
        <p className="notice" data-tone={shown.tone}>
          {shown.text}
        </p>
      )}
    </div>
  );
}

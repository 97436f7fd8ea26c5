import { Link } from 'wouter';

import styles from './Tabs.module.css';

interface Props {
  label: string;
  tabs: { label: string; href: string; isCurrent: boolean }[];
}

/** Links between the views of a page. */
export function Tabs({ label, tabs }: Props) {
  return (
    <nav className={styles.tabs} aria-label={label}>
      {tabs.map(({ label, href, isCurrent }) => (
        <Link key={href} href={href} aria-current={isCurrent ? 'page' : undefined}>
          {label}
        </Link>
      ))}
    </nav>
  );
}

import { Route, Switch } from 'wouter';

import { HomePage } from './feed/HomePage.tsx';
import { MessagesPage } from './messages/MessagesPage.tsx';
import { NotificationsPage } from './notifications/NotificationsPage.tsx';
import { decodePathSegment, messagesRoute, paths } from './paths.ts';
import { PeoplePage } from './profile/PeoplePage.tsx';
import { ProfilePage } from './profile/ProfilePage.tsx';
import { SearchPage } from './search/SearchPage.tsx';
import { SignInPage } from './session/SignInPage.tsx';
import { EmptyState } from './shell/EmptyState.tsx';
import { PageHeader } from './shell/PageHeader.tsx';
import { ThreadPage } from './thread/ThreadPage.tsx';

/** The page for each address. The gateway answers all of them with index.html. */
export function Routes() {
  return (
    <Switch>
      <Route path={paths.home}>
        <HomePage feed="everyone" />
      </Route>
      <Route path={paths.following}>
        <HomePage feed="following" />
      </Route>
      <Route path={paths.notifications} component={NotificationsPage} />
      <Route path={messagesRoute}>{({ handle }) => <MessagesPage handle={handle} />}</Route>
      <Route path={paths.signIn} component={SignInPage} />
      <Route path="/search" component={SearchPage} />
      <Route path="/crud/:id">
        {({ id }) => <ThreadPage key={id} id={decodePathSegment(id)} />}
      </Route>
      <Route path={/^\/@(?<handle>[^/]+)$/}>
        {({ handle = '' }) => <ProfilePage key={handle} handle={handle} />}
      </Route>
      <Route path={/^\/@(?<handle>[^/]+)\/(?<list>followers|following)$/}>
        {({ handle = '', list }) => (
          <PeoplePage
            key={`${handle} ${list}`}
            handle={handle}
            list={list === 'followers' ? 'followers' : 'following'}
          />
        )}
      </Route>
      <Route>
        <PageHeader title="Page not found" back="always" />
        <EmptyState title="This page does not exist">Check the address for typos.</EmptyState>
      </Route>
    </Switch>
  );
}

import { Route, Switch } from 'wouter';

import { HomePage } from './feed/HomePage.tsx';
import { MessagesPage } from './messages/MessagesPage.tsx';
import { NotificationsPage } from './notifications/NotificationsPage.tsx';
import { decoded, paths } from './paths.ts';
import { PeoplePage } from './profile/PeoplePage.tsx';
import { ProfilePage } from './profile/ProfilePage.tsx';
import { SearchPage } from './search/SearchPage.tsx';
import { SignInPage } from './session/SignInPage.tsx';
import { Empty } from './shell/Empty.tsx';
import { PageHeader } from './shell/PageHeader.tsx';
import { ThreadPage } from './thread/ThreadPage.tsx';

/** Which page an address shows. The gateway answers each of these with index.html. */
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
      <Route path={/^\/messages(?:\/@(?<handle>[^/]+))?$/}>
        {({ handle }) => <MessagesPage handle={handle} />}
      </Route>
      <Route path={paths.signIn} component={SignInPage} />
      <Route path="/search" component={SearchPage} />
      <Route path="/crud/:id">{({ id }) => <ThreadPage key={id} id={decoded(id)} />}</Route>
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
        <PageHeader title="Nothing here" back />
        <Empty title="No page has this address">
          It may be mistyped, or what was there is gone.
        </Empty>
      </Route>
    </Switch>
  );
}

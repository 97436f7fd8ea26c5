import { useGraphiQL, useMonaco } from '@graphiql/react';
import type { editor } from 'monaco-editor';
import { useEffect, useSyncExternalStore } from 'react';

/** The editor theme for each colour scheme. */
export const editorTheme = { dark: 'cruddur-dark', light: 'cruddur-light' };

const prefersDark = matchMedia('(prefers-color-scheme: dark)');

/** Keeps the editors in the colour scheme of the page when it changes. */
export function EditorTheme() {
  const monaco = useMonaco(({ monaco }) => monaco);
  const chosen = useGraphiQL(({ theme }) => theme);
  const systemIsDark = useSyncExternalStore(
    (changed) => {
      prefersDark.addEventListener('change', changed);
      return () => prefersDark.removeEventListener('change', changed);
    },
    () => prefersDark.matches,
  );
  const scheme = chosen ?? (systemIsDark ? 'dark' : 'light');
  useEffect(() => {
    if (!monaco) return;
    monaco.editor.defineTheme(editorTheme.dark, dark);
    monaco.editor.defineTheme(editorTheme.light, light);
    monaco.editor.setTheme(editorTheme[scheme]);
  }, [monaco, scheme]);
  return null;
}

// Overrides only those of Monaco's colours that have too little contrast.
const dark: editor.IStandaloneThemeData = {
  base: 'vs-dark',
  inherit: true,
  colors: {
    ...widgets('#1a1026', '#c58bff'),
    'editorLineNumber.foreground': '#9d90b3',
    'editorLineNumber.dimmedForeground': '#9d90b3',
  },
  rules: [
    { token: 'argument.identifier.gql', foreground: '#a9a4ff' },
    { token: 'comment', foreground: '#86b873' },
  ],
};

const light: editor.IStandaloneThemeData = {
  base: 'vs',
  inherit: true,
  colors: {
    ...widgets('#ffffff', '#7c00d6'),
    'editorLineNumber.foreground': '#6b5f7d',
    'editorLineNumber.dimmedForeground': '#6b5f7d',
  },
  rules: [
    { token: 'argument.identifier.gql', foreground: '#5b57c4' },
    { token: 'comment', foreground: '#2c6e1f' },
    { token: 'number', foreground: '#006b45' },
  ],
};

function widgets(background: string, accent: string): Record<string, string> {
  const transparent = '#ffffff00';
  const faint = `${accent}22`;
  return {
    'editor.background': transparent,
    'scrollbar.shadow': transparent,
    'editorWidget.background': background,
    'editorHoverWidget.background': background,
    'editorSuggestWidget.background': background,
    'editorSuggestWidget.selectedBackground': faint,
    'editorSuggestWidget.selectedForeground': accent,
    'quickInput.background': background,
    'menu.background': background,
    'menu.selectionBackground': faint,
    'menu.selectionForeground': accent,
    'list.hoverBackground': faint,
    'list.highlightForeground': accent,
    'list.focusHighlightForeground': accent,
    'textLink.foreground': accent,
    'textLink.activeForeground': accent,
    focusBorder: accent,
  };
}

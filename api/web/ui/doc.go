// Package ui is the frame of every page and the components that pages are made of, as templ templates.
//
// It knows nothing of tasks, bids or money beyond what a component shows: it is given sentences, amounts and marks.
// The pages themselves are in package web, the colours and sizes in package static, the sentences in package words.
//
// Three things to know:
//
//   - [With] puts the [Frame] (language, person, navigation, flash) into the context; every template reads it there, so
//     that components need no language argument. [T] is the sentence of a key.
//   - Nothing here writes a style or script attribute: the pages' content security policy forbids both. Bars and charts
//     are SVG.
//   - [Storybook] shows every component; look there before changing one.
package ui

package web

import (
	"bytes"

	"github.com/a-h/templ"
	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
)

var (
	markdown = goldmark.New(goldmark.WithExtensions(extension.Table, extension.Strikethrough, extension.Linkify))
	// Briefs are written by one company's people and read by others: no images, no forms, no styles, links that
	// tell nothing of where the reader came from.
	clean = func() *bluemonday.Policy {
		p := bluemonday.NewPolicy()
		p.AllowElements("p", "br", "hr", "strong", "em", "del", "code", "pre", "blockquote", "ul", "ol", "li", "h1", "h2", "h3", "h4",
			"table", "thead", "tbody", "tr", "th", "td")
		p.AllowAttrs("href").OnElements("a")
		p.AllowURLSchemes("https", "http", "mailto")
		p.RequireNoFollowOnLinks(true)
		p.RequireNoReferrerOnLinks(true)
		return p
	}()
)

// prose is Markdown as HTML that is safe to show.
func prose(text string) templ.Component {
	var b bytes.Buffer
	if err := markdown.Convert([]byte(text), &b); err != nil {
		return templ.Raw(templ.EscapeString(text))
	}
	return templ.Raw(clean.SanitizeReader(&b).String())
}

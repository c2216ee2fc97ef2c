package web

import (
	"context"
	"strings"

	"homecoming/api/web/ui"
	"homecoming/market"
	"homecoming/matching"
)

func departmentOptions(ctx context.Context, list []market.Department) []ui.Option {
	options := []ui.Option{{Value: "", Label: ui.T(ctx, "task.department.none")}}
	for _, d := range list {
		options = append(options, ui.Option{Value: d.ID.String(), Label: departmentName(d, ui.FrameOf(ctx).Language)})
	}
	return options
}

func categoryOptions(ctx context.Context) []ui.Option {
	return named(ctx, "category.", market.WithholdingCategories...)
}

func levelOptions(ctx context.Context) []ui.Option { return named(ctx, "level.", "1", "2", "3") }

func kindOptions(ctx context.Context) []ui.Option {
	return named(ctx, "kind.", "must", "strict", "nice")
}

func languageOptions() []ui.Option {
	return []ui.Option{{Value: "ja", Label: "日本語"}, {Value: "en", Label: "English"}}
}

// named are options whose labels stand in the catalogue under a prefix.
func named(ctx context.Context, prefix string, values ...string) []ui.Option {
	options := make([]ui.Option, len(values))
	for i, value := range values {
		options[i] = ui.Option{Value: value, Label: ui.T(ctx, prefix+value)}
	}
	return options
}

// reachLine says how much of the whole a list is: top 20 of 1,284 alumni this reaches.
func reachLine(ctx context.Context, n int, r matching.Reached) string {
	count := func(n int) string { return figures(&market.Money{Amount: int64(n), Currency: "JPY"}) }
	switch {
	case r.Alumni+r.Outside < n: // the count lags behind the list by a moment
		return ui.T(ctx, "candidates.top", "n", n)
	case r.Outside > 0:
		return ui.T(ctx, "candidates.with", "n", n, "all", count(r.Alumni), "outside", count(r.Outside))
	}
	return ui.T(ctx, "candidates.of", "n", n, "all", count(r.Alumni))
}

// certificateLine is the certificate in a few words: exact list, checked 09:41 · how.
func certificateLine(ctx context.Context, r ranked) string {
	if r.exact {
		return ui.T(ctx, "certificate.line", "time", checkedAt(ctx, r))
	}
	return ui.T(ctx, "certificate.line.moving", "time", checkedAt(ctx, r))
}

// audienceLine says how many people a task that is being written would be shown to.
func audienceLine(ctx context.Context, t taskForm) string {
	if t.visibility == string(market.Named) {
		return ui.T(ctx, "audience.named")
	}
	parts := []string{ui.T(ctx, "audience.alumni", "n", t.audience.Alumni)}
	if t.audience.Outside > 0 {
		parts = append(parts, ui.T(ctx, "audience.outside", "n", t.audience.Outside))
	}
	if t.audience.Hidden > 0 {
		parts = append(parts, ui.T(ctx, "reach.hidden", "n", t.audience.Hidden))
	}
	return strings.Join(parts, " ")
}

// toldLine is what changed, in one sentence that is read out.
func toldLine(ctx context.Context, t taskForm) string {
	if !t.ranked.asked || len(t.ranked.people) == 0 {
		return audienceLine(ctx, t)
	}
	best := t.ranked.people[0]
	return audienceLine(ctx, t) + " " + ui.T(ctx, "candidates.told", "n", len(t.ranked.people), "name", best.Name, "points", best.Score.Points)
}

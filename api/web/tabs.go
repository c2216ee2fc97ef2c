package web

import (
	"context"

	"homecoming/api/web/ui"
	"homecoming/market"
)

func taskTabs(ctx context.Context, chosen market.TaskState) []ui.Link {
	tabs := []ui.Link{{Href: "/tasks", Label: ui.T(ctx, "tasks.all"), Current: chosen == ""}}
	for _, s := range taskStates {
		tabs = append(tabs, ui.Link{Href: "/tasks?state=" + string(s), Label: ui.T(ctx, "state.task."+string(s)), Current: s == chosen})
	}
	return tabs
}

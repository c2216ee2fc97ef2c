package db

import (
	"context"
	"errors"
	"log/slog"
	"strings"
	"time"
	"unicode/utf8"

	"gorm.io/gorm/logger"
)

// statements logs those that failed: by their beginning, and without what was handed to them. One that was cut off because
// nobody waits for it any more has not failed.
type statements struct{ logger.Interface }

func newStatements() logger.Interface {
	return statements{logger.NewSlogLogger(slog.Default(), logger.Config{LogLevel: logger.Error, IgnoreRecordNotFoundError: true})}
}

// LogMode keeps to the same rules at another level.
func (s statements) LogMode(level logger.LogLevel) logger.Interface {
	return statements{s.Interface.LogMode(level)}
}

// ParamsFilter leaves values out.
func (statements) ParamsFilter(_ context.Context, sql string, _ ...any) (string, []any) {
	return sql, nil
}

// Trace is told of every statement.
func (s statements) Trace(ctx context.Context, begin time.Time, told func() (string, int64), err error) {
	if err == nil || errors.Is(err, context.Canceled) {
		return
	}
	s.Interface.Trace(ctx, begin, func() (string, int64) {
		sql, rows := told()
		return beginning(sql), rows
	}, err)
}

// beginning is enough of a statement to know it by, in one line.
func beginning(sql string) string {
	const most = 160
	sql = strings.Join(strings.Fields(sql), " ")
	if len(sql) <= most {
		return sql
	}
	end := most
	for end > 0 && !utf8.RuneStart(sql[end]) {
		end--
	}
	return sql[:end] + "…"
}

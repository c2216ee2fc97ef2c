// Package dbtest gives each test a migrated PostgreSQL database of its own, in about 20 ms. It is for tests alone.
//
//	d := dbtest.New(t)
//	err := d.Tx(ctx, func(tx *gorm.DB) error { … })
//
// Three things to know:
//
//   - All test processes share one private server in memory. The first starts it through a keeper, which is its own
//     test binary run once more; the keeper ends it soon after the last test process has ended.
//   - The migrations run once per version of them, into a template; each test gets a copy, dropped at its end.
//   - HOMECOMING_TEST_DATABASE_URL names a server to use instead; its user must be allowed to create databases.
package dbtest

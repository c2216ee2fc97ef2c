package web

import "homecoming/api/access"

// getFile sends a file that somebody gave, to be saved.
func (v *visit) getFile() error {
	id, err := v.id()
	if err != nil {
		return err
	}
	f, body, err := v.Market.OpenFile(v.ctx, v.who, id)
	if err != nil {
		return err
	}
	access.Attach(v.c, access.Attachment{Name: f.Name, Media: f.Media, Bytes: f.Bytes}, body)
	return nil
}

package web

import (
	"context"
	"mime/multipart"

	"github.com/a-h/templ"
	"github.com/google/uuid"

	"homecoming/api/access"
	"homecoming/api/web/ui"
	"homecoming/market"
)

// albumPath takes several pictures at a time.
const albumPath = eventsPath + "/{id}/album"

func picturePath(event, picture uuid.UUID) string {
	return eventPath(event) + "/pictures/" + picture.String()
}

// postAlbum adds pictures, takes one out, or keeps what the hosts say.
func (v *visit) postAlbum() error {
	h, err := v.hostView()
	if err != nil {
		return err
	}
	f := v.form()
	h.album.Thanks, h.album.ThanksEN = f.text("thanks"), f.text("thanks_en")
	do := f.text("do")
	switch do {
	case "pictures":
		err = v.addPictures(h.ID)
	case "remove_picture":
		err = v.Market.RemovePicture(v.ctx, v.who, h.ID, f.uuid("picture"))
	default:
		if do != "send" {
			do = "keep"
		}
		_, err = v.Market.ThankFor(v.ctx, v.who, h.ID, h.album.Thanks, h.album.ThanksEN, do == "send")
	}
	if err != nil {
		return v.refuse(err, func(fault ui.Fault) templ.Component { return hostPage(h, fault) })
	}
	return v.to(eventPath(h.ID)+"/host#album", "album.done."+do)
}

// addPictures takes in the pictures of the form, one after the other; those before a bad one are kept.
func (v *visit) addPictures(event uuid.UUID) error {
	given := v.given("pictures")
	for _, h := range given {
		if err := v.addPicture(event, h); err != nil {
			return err
		}
	}
	if len(given) == 0 {
		return market.ErrRequired.On("pictures")
	}
	return nil
}

func (v *visit) addPicture(event uuid.UUID, h *multipart.FileHeader) error {
	body, err := h.Open()
	if err != nil {
		return err
	}
	defer func() { _ = body.Close() }()
	_, err = v.Market.AddPicture(v.ctx, v.who, event, market.Upload{Name: h.Filename, Size: h.Size, Body: body})
	return err
}

// getPicture shows a picture of an event. It was drawn by us, and is still shown as nothing but a picture.
func (v *visit) getPicture() error {
	event, err := v.id()
	if err != nil {
		return err
	}
	picture, err := uuid.Parse(v.c.Param("picture"))
	if err != nil {
		return market.ErrNotFound
	}
	f, body, err := v.Market.OpenPicture(v.ctx, v.who, event, picture)
	if err != nil {
		return err
	}
	access.Show(v.c, access.Attachment{Name: f.Name, Media: f.Media, Bytes: f.Bytes}, body)
	return nil
}

// pictureName is what a picture is called for those who do not see it.
func pictureName(ctx context.Context, i, of int) string {
	return ui.T(ctx, "album.picture", "n", i+1, "of", of)
}

// Command picture writes a picture of noise for the HTTP captures, which is the same
// each time: noise does not compress, so that its size follows from its width.
//
//	picture jpeg|png FILE
package main

import (
	"fmt"
	"image"
	"image/jpeg"
	"image/png"
	"math/rand/v2"
	"os"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: picture jpeg|png FILE")
		os.Exit(2)
	}
	if err := write(os.Args[1], os.Args[2]); err != nil {
		fmt.Fprintln(os.Stderr, "picture:", err)
		os.Exit(1)
	}
}

func write(kind, name string) error {
	noise := rand.New(rand.NewPCG(28, 7))
	img := image.NewGray(image.Rect(0, 0, 168, 168))
	for i := range img.Pix {
		img.Pix[i] = byte(noise.Uint32())
	}
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	switch kind {
	case "jpeg":
		err = jpeg.Encode(f, img, &jpeg.Options{Quality: 92})
	case "png":
		err = png.Encode(f, img)
	default:
		err = fmt.Errorf("no such kind of picture: %s", kind)
	}
	if err != nil {
		f.Close()
		return err
	}
	return f.Close()
}

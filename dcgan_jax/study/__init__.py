"""A reader study in the browser: can a clinician tell real images from generated ones?"""

// PostroomCLI

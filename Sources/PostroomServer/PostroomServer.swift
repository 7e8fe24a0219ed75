// PostroomServer

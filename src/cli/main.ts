console.log('milestone');
